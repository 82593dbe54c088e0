/**
 * @file Reverse mode: walks the nodes backwards and asks each for its formula.
 * Un-broadcasting, the sum over several readers, and skipping what no wanted value depends on happen here, once, for all rules.
 */
import { inputsOf } from '../graph/ir.ts';
import type { Dim, Node, OpName, Value } from '../graph/ir.ts';
import { GraphError } from '../graph/infer.ts';
import type { GraphBuilder, Op } from '../graph/ops.ts';
import type { Rule, Slope } from './rule.ts';
import { rules } from './rules/index.ts';

/** A value and the gradient of the loss by it. */
export interface Seed {
  readonly value: Value;
  readonly gradient: Value;
}

/**
 * Adds to `builder` the nodes that compute d(loss)/d(w) for each w in `wanted`, given d(loss)/d(output) for the seeds.
 * A wanted value that no seed depends on gets zeros. Throws `GraphError` naming operator, value and path where a rule is missing.
 */
export function backward(builder: GraphBuilder, seeds: readonly Seed[], wanted: readonly Value[]): Value[] {
  const nodes = [...builder.nodes];
  const active = dependsOn(nodes, new Set(wanted));
  const gradients = new Map<Value, Value[]>();
  const collect = (value: Value, gradient: Value): void => {
    const list = gradients.get(value);
    if (list) list.push(gradient);
    else gradients.set(value, [gradient]);
  };
  for (const { value, gradient } of seeds) if (active.has(value)) collect(value, gradient);

  for (const node of nodes.reverse()) {
    if (!active.has(node.output)) continue;
    const dy = total(builder, gradients.get(node.output));
    if (!dy) continue;
    gradients.set(node.output, [dy]);
    for (const [input, slope] of slopes(builder, node, dy)) {
      if (slope && active.has(input)) collect(input, unbroadcast(builder, slope(), input.shape));
    }
  }
  const found = wanted.map(
    (value) => total(builder, gradients.get(value)) ?? builder.zeros(value.shape, value.type),
  );
  return distinct(builder, found);
}

/** A graph's outputs must be results of nodes, each under a name of its own: seeds and repeated gradients are copied. */
function distinct(op: Op, gradients: readonly Value[]): Value[] {
  const used = new Set<Value>();
  return gradients.map((gradient) => {
    const fresh = gradient.producer && !used.has(gradient) ? gradient : op.detach(gradient);
    used.add(fresh);
    return fresh;
  });
}

/** All values that some member of `roots` flows into, the roots included. */
function dependsOn(nodes: readonly Node[], roots: ReadonlySet<Value>): Set<Value> {
  const active = new Set(roots);
  for (const node of nodes) if (inputsOf(node).some((value) => active.has(value))) active.add(node.output);
  return active;
}

function total(op: Op, list: readonly Value[] | undefined): Value | undefined {
  return list?.reduce((sum, gradient) => op.add(sum, gradient));
}

function slopes<O extends OpName>(op: Op, node: Node<O>, dy: Value): [Value, Slope][] {
  const rule: Rule<O> = rules[node.op];
  if (typeof rule !== 'function')
    throw new GraphError(
      `no gradient for ${node.op} at ${node.output.name} (${pathFrom(node.output)}): ${rule.noGradient}`,
    );
  const result = rule({ op, dy, y: node.output, x: node.inputs, a: node.attributes });
  if (Array.isArray(result))
    return (result as readonly Slope[]).map((slope, i) => [inputsOf(node)[i]!, slope]);
  return Object.entries(node.inputs as Record<string, Value>).map(([name, value]) => [
    value,
    (result as Readonly<Record<string, Slope>>)[name] ?? null,
  ]);
}

/** The chain of first inputs that led to a value, newest first, for messages. */
function pathFrom(value: Value): string {
  const path: string[] = [];
  for (let at: Value | undefined = value; at && path.length < 8; at = at.producer && inputsOf(at.producer)[0])
    path.push(at.name);
  return path.join(' <- ');
}

/** Sums a gradient of broadcast shape down to the operand's own shape. */
function unbroadcast(op: Op, gradient: Value, shape: readonly Dim[]): Value {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, axis) => {
    const own = axis < extra ? undefined : shape[axis - extra];
    return own === dim ? [] : [axis];
  });
  if (axes.length === 0) return gradient;
  return op.reshape(op.sum(gradient, axes, { keepDims: true }), shape);
}
