/** @file The self-test sees every operator of a run, and a device on which one of them computes something else. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Graph, Node, Value } from '../../../runtime/graph/ir.ts';
import { methods } from '../../../runtime/methods/index.ts';
import { Device } from '../../../runtime/ort/device.ts';
import type { Program } from '../../../runtime/ort/device.ts';
import { selfTest } from '../../../runtime/ort/selfTest.ts';
import type { Verdict } from '../../../runtime/ort/selfTest.ts';
import { selfTestCases } from '../../../runtime/train/selfTestCases.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';
import { usualOptions } from '../../support/usualOptions.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const reference = new Device(cpu);
afterAll(() => reference[Symbol.asyncDispose]());

const base = randomBase();
const cases = selfTestCases({
  spec: base.spec,
  adapted: allLinear(base, {}, ['model.embed_tokens.weight']),
  policy: 'balanced',
  training: runConfig('out', { weightDecay: 0.01 }).training,
});
/** Operators whose results are numbers, so that a slightly wrong kernel can be imitated. */
const operators = [
  ...new Set(
    cases.flatMap(({ graph }) =>
      graph.nodes.filter((node) => node.output.type === 'float32').map(({ op }) => op),
    ),
  ),
];

/** The graph with each result y of `op` replaced by factor y + 0.001, which also moves zeros. */
function wrong(graph: Graph, op: Node['op'], by = 1.001): Graph {
  const shift: Value = { name: 'shift', type: 'float32', shape: [] };
  const factor: Value = { name: 'factor', type: 'float32', shape: [] };
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.op !== op || node.output.type !== 'float32') return [node];
    const right: Value = { ...node.output, name: `${node.output.name} as it should be` };
    const scaled: Value = { ...node.output, name: `${node.output.name}, scaled` };
    return [
      { ...node, output: right },
      { op: 'Mul', inputs: { A: right, B: factor }, attributes: {}, output: scaled },
      { op: 'Add', inputs: { A: scaled, B: shift }, attributes: {}, output: node.output },
    ];
  });
  const constants = [
    ...graph.constants,
    { value: factor, data: new Float32Array([by]) },
    { value: shift, data: new Float32Array([0.001]) },
  ];
  return { ...graph, nodes, constants };
}

/** A device with one wrong kernel. */
class Broken extends Device {
  readonly #change: (graph: Graph) => Graph;

  constructor(change: (graph: Graph) => Graph) {
    super(cpu);
    this.#change = change;
  }

  override compile(graph: Graph, name: string): Promise<Program> {
    return super.compile(this.#change(graph), name);
  }
}

async function verdictsOn(device: Device): Promise<Map<string, Verdict>> {
  await using tested = device;
  return new Map((await selfTest(tested, reference, cases)).map((verdict) => [verdict.name, verdict]));
}

describe('the self-test', () => {
  it('finds nothing on the CPU itself, and has seen each operator and each part', async () => {
    const verdicts = await verdictsOn(new Device(cpu));
    expect(
      [...verdicts.values()].filter(({ ok, maxRelativeError }) => !ok || maxRelativeError !== 0),
    ).toEqual([]);
    for (const op of operators) expect(verdicts.get(op)?.kind, op).toBe('operator');
    for (const { part } of cases) expect(verdicts.get(part)?.kind, part).toBe('part');
  });

  it.each(methods)('finds nothing on the CPU itself with $kind', async (method) => {
    const options = usualOptions(method, { rank: 4 });
    const linears = [...allLinear(base).linears.keys()].map((path) => [path, { method, options }] as const);
    const { training } = runConfig('out');
    const adapted = { linears: new Map(linears), saved: new Set<string>() };
    const own = selfTestCases({ spec: base.spec, adapted, policy: 'balanced', training });
    await using device = new Device(cpu);
    const verdicts = await selfTest(device, reference, own);
    expect(verdicts.filter(({ ok }) => !ok)).toEqual([]);
  });

  it.each(operators)('names %s where its kernel is a thousandth off', async (op) => {
    const verdicts = await verdictsOn(new Broken((graph) => wrong(graph, op)));
    expect(verdicts.get(op)?.ok).toBe(false);
    const blamed = [...verdicts.values()].filter(({ kind, ok }) => kind === 'operator' && !ok);
    expect(blamed.map(({ name }) => name)).toEqual([op]);
  });

  it('names an operator that gives NaN, and one that does not compile', async () => {
    const notANumber = await verdictsOn(new Broken((graph) => wrong(graph, 'Softmax', Number.NaN)));
    expect(notANumber.get('Softmax')).toMatchObject({
      ok: false,
      error: expect.stringContaining('not a number') as string,
    });
    const missing = await verdictsOn(
      new Broken((graph) => {
        if (graph.nodes.some(({ op }) => op === 'Silu')) throw new Error('no kernel for Silu');
        return graph;
      }),
    );
    expect(missing.get('Silu')?.error).toMatch(/no kernel for Silu/);
  });
});
