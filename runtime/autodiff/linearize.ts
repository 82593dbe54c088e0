/**
 * @file One graph with forward and backward nodes, cut into the two graphs that a training step runs.
 * What the forward graph hands over ("residuals") is the memory policy; whatever is missing the backward graph computes again.
 */
import { inputsOf } from '../graph/ir.ts';
import type { Graph, Node, Value } from '../graph/ir.ts';
import type { GraphBuilder } from '../graph/ops.ts';
import type { MemoryPolicy } from '../contract/config.ts';
import { backward } from './backward.ts';
import type { Seed } from './backward.ts';

export interface Linearized {
  /** Graph inputs -> outputs, then residuals. */
  readonly forward: Graph;
  /** Graph inputs, residuals, output gradients -> wanted gradients, in order. */
  readonly backward: Graph;
  /** Forward values that backward reads, by the names they have in both graphs. */
  readonly residuals: readonly Value[];
}

/** Never worth memory: another view of a value, a part of a small one, or a weight that is kept packed. */
const views: ReadonlySet<Node['op']> = new Set([
  'Reshape',
  'Slice',
  'Transpose',
  'Expand',
  'Detach',
  'Stated',
  'Cast',
  'Dequantize',
]);

/** Worth memory under `balanced`: products, and the softmax whose exponentials cost as much as a product of its size. */
const dear: ReadonlySet<Node['op']> = new Set(['MatMul', 'Gemm', 'Softmax']);

function keeps(policy: MemoryPolicy, node: Node): boolean {
  switch (policy) {
    case 'fast':
      return !views.has(node.op);
    case 'balanced':
      return dear.has(node.op);
    case 'low':
      return false;
  }
}

/**
 * Differentiates what `builder` holds so far and cuts the result.
 * `outputs` are the forward results; `seeds` pair some of them with inputs that will hold their gradients; `finish` may add
 * further results (norms, concatenations) from the wanted gradients.
 */
export function linearize(
  builder: GraphBuilder,
  outputs: readonly Value[],
  seeds: readonly Seed[],
  wanted: readonly Value[],
  policy: MemoryPolicy,
  finish: (gradients: readonly Value[]) => readonly Value[] = (gradients) => gradients,
): Linearized {
  const forwardNodes = new Set(builder.nodes);
  const results = finish(backward(builder, seeds, wanted));
  const residuals = chooseResiduals(builder.nodes, forwardNodes, results, policy);
  return {
    forward: cut(builder, [...outputs, ...residuals.filter((value) => !outputs.includes(value))], new Set()),
    backward: cut(builder, results, new Set(residuals)),
    residuals,
  };
}

/** Walks back from the gradients; at each forward value it saves it, or goes on to what it is computed from. */
function chooseResiduals(
  nodes: readonly Node[],
  forward: ReadonlySet<Node>,
  results: readonly Value[],
  policy: MemoryPolicy,
): Value[] {
  const needed = new Set<Value>(results);
  const saved: Value[] = [];
  for (const node of [...nodes].reverse()) {
    if (!needed.has(node.output)) continue;
    if (forward.has(node) && keeps(policy, node)) saved.push(node.output);
    else for (const value of inputsOf(node)) needed.add(value);
  }
  return saved.reverse();
}

/** The graph that computes `outputs` with the values in `given` as further inputs. */
function cut(builder: GraphBuilder, outputs: readonly Value[], given: ReadonlySet<Value>): Graph {
  const needed = new Set<Value>(outputs);
  const nodes: Node[] = [];
  for (const node of [...builder.nodes].reverse()) {
    if (!needed.has(node.output) || given.has(node.output)) continue;
    nodes.push(node);
    for (const value of inputsOf(node)) needed.add(value);
  }
  return {
    inputs: [...builder.inputs, ...given].filter((value) => needed.has(value)),
    constants: builder.constants.filter(({ value }) => needed.has(value)),
    nodes: nodes.reverse(),
    outputs,
  };
}
