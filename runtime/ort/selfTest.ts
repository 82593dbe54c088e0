/**
 * @file Does a device compute what the CPU computes? Each operator of a run's graphs by itself, then the graphs as wholes.
 * Kernels with wrong results exist (on WebGPU the second output of SimplifiedLayerNormalization is never written), and nothing
 * but their numbers tells.
 */
import { describeValue } from '../graph/ir.ts';
import type { Graph, Node, Value } from '../graph/ir.ts';
import { Buffers } from './device.ts';
import { concreteShape } from '../graph/sizes.ts';
import type { Sizes } from '../graph/sizes.ts';
import type { Device } from './device.ts';
import type { Tensor } from './session.ts';

/** One graph of a run with inputs to try it on. */
export interface SelfTestCase {
  /** Which part of training it is: "block forward", "optimiser step". */
  readonly part: string;
  readonly graph: Graph;
  readonly sizes: Sizes;
  /** Made when needed, from fixed seeds. */
  readonly feeds: () => Readonly<Record<string, Tensor>>;
  /** Reads what the case before computed (residuals), besides its feeds. */
  readonly continues?: boolean;
}

/** What became of one operator, or of one part of training as a whole. */
export interface Verdict {
  readonly kind: 'operator' | 'part';
  readonly name: string;
  readonly ok: boolean;
  /** Largest difference from the CPU over the largest magnitude there; absent where nothing finite came out. */
  readonly maxRelativeError?: number;
  readonly error?: string;
}

/** Single precision with sums in another order differs by some 1e-6 an operator; reduced precision (TF32) by 1e-3. */
const OPERATOR_TOLERANCE = 1e-4;
/** Differences add up along a graph; a wrong kernel is off by far more. */
const PART_TOLERANCE = 1e-3;

/** Collects the worst outcome under each name. */
class Verdicts {
  readonly #worst = new Map<string, Verdict>();

  add(kind: Verdict['kind'], name: string, outcome: Outcome): void {
    const tolerance = kind === 'operator' ? OPERATOR_TOLERANCE : PART_TOLERANCE;
    const key = `${kind} ${name}`;
    const known = this.#worst.get(key);
    if (known?.error !== undefined) return;
    if (outcome.error !== undefined) {
      this.#worst.set(key, { kind, name, ok: false, error: outcome.error });
      return;
    }
    const maxRelativeError = Math.max(known?.maxRelativeError ?? 0, outcome.maxRelativeError);
    this.#worst.set(key, { kind, name, ok: maxRelativeError <= tolerance, maxRelativeError });
  }

  get list(): Verdict[] {
    return [...this.#worst.values()];
  }
}

type Outcome = { readonly maxRelativeError: number; readonly error?: never } | { readonly error: string };

/** Compares `device` with `reference` on every distinct operator application of `cases` and on each case as a whole. */
export async function selfTest(
  device: Device,
  reference: Device,
  cases: Iterable<SelfTestCase>,
): Promise<Verdict[]> {
  const verdicts = new Verdicts();
  const tried = new Set<string>();
  const homes = [new Buffers(), new Buffers()] as const;
  let before: Readonly<Record<string, Tensor>> = {};
  let turn = 0;
  try {
    for (const item of cases) {
      const { part, graph, sizes } = item;
      // residuals as they were computed: at random they may be impossible, such as a square below zero
      const feeds = { ...item.feeds(), ...(item.continues ? before : {}) };
      const traced = await reference.compile(
        { ...graph, outputs: graph.nodes.map(({ output }) => output) },
        `${part}, traced`,
      );
      const values = { ...feeds, ...(await reference.run(traced, feeds, sizes, homes[turn]!)) };
      turn = 1 - turn;
      for (const node of graph.nodes) {
        const single = alone(node, graph, values, sizes);
        const key = JSON.stringify([node.op, node.attributes, single.inputs.map(describeValue)]);
        if (tried.has(key)) continue;
        tried.add(key);
        const expected = [values[node.output.name]!];
        verdicts.add('operator', node.op, await compare(device, single, values, {}, expected));
      }
      const expected = graph.outputs.map(({ name }) => values[name]!);
      verdicts.add('part', part, await compare(device, graph, feeds, sizes, expected));
      before = values;
    }
  } finally {
    for (const home of homes) home[Symbol.dispose]();
  }
  return verdicts.list;
}

/** A graph of one node with known sizes; a result that isn't float32 is cast, so that each can be read. */
function alone(node: Node, graph: Graph, values: Readonly<Record<string, Tensor>>, sizes: Sizes): Graph {
  const copies = new Map<Value, Value>();
  const known = (value: Value): Value => {
    let copy = copies.get(value);
    const { name, type } = value;
    // a constant knows its shape, all else shows it
    if (!copy) copies.set(value, (copy = { name, type, shape: values[name]?.dims ?? value.shape }));
    return copy;
  };
  const inputs = Array.isArray(node.inputs)
    ? (node.inputs as readonly Value[]).map(known)
    : Object.fromEntries(
        Object.entries(node.inputs as Record<string, Value>).map(([name, value]) => [name, known(value)]),
      );
  const attributes =
    'shape' in node.attributes ? { shape: concreteShape(node.attributes.shape, sizes) } : node.attributes;
  const constants = graph.constants.filter(({ value }) => copies.has(value));
  const output = known(node.output);
  const nodes = [{ op: node.op, inputs, attributes, output } as unknown as Node];
  const read: Value = { ...output, name: 'read', type: 'float32' };
  if (output.type !== 'float32')
    nodes.push({
      op: 'Cast',
      inputs: { input: output },
      attributes: { to: 'float32' },
      output: read,
    });
  return {
    inputs: [...copies]
      .filter(([value]) => value !== node.output && !constants.some((constant) => constant.value === value))
      .map(([, copy]) => copy),
    constants: constants.map(({ value, data }) => ({ value: copies.get(value)!, data })),
    nodes,
    outputs: [output.type === 'float32' ? output : read],
  };
}

/** Runs a graph on the device and holds its outputs against the expected ones. */
async function compare(
  device: Device,
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  sizes: Sizes,
  expected: readonly Tensor[],
): Promise<Outcome> {
  using buffers = new Buffers();
  try {
    const program = await device.compile(graph, 'self-test');
    const out = await device.run(program, feeds, sizes, buffers);
    let worst = 0;
    for (const [i, { name }] of graph.outputs.entries()) {
      const error = relativeError(
        await device.read(out[name]!),
        expected[i]!.data as ArrayLike<number | bigint>,
      );
      if (Number.isNaN(error)) return { error: `a result of ${shapesOf(graph)} is not a number` };
      worst = Math.max(worst, error);
    }
    return { maxRelativeError: worst };
  } catch (error) {
    return { error: `${shapesOf(graph)}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const shapesOf = ({ inputs }: Graph): string => inputs.slice(0, 4).map(describeValue).join(', ');

/** Largest difference over the largest magnitude expected; NaN where anything is not finite or lengths differ. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number | bigint>): number {
  let [most, worst] = [0, 0];
  if (actual.length !== expected.length) return Number.NaN;
  for (let i = 0; i < expected.length; i++) {
    const wanted = Number(expected[i]);
    most = Math.max(most, Math.abs(wanted));
    const difference = Math.abs(actual[i]! - wanted);
    if (!Number.isFinite(difference)) return Number.NaN;
    worst = Math.max(worst, difference);
  }
  return most === 0 ? worst : worst / most;
}
