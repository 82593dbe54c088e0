/** @file The self-test's cases hold every operator that the run's own graphs hold, each distinct graph once. */
import { expect, it } from 'vitest';
import { printGraph } from '../../../runtime/graph/print.ts';
import { concreteShape } from '../../../runtime/graph/sizes.ts';
import { blockSegment, headSegment } from '../../../runtime/model/segments.ts';
import { Buffers, Device } from '../../../runtime/ort/device.ts';
import type { Tensor } from '../../../runtime/ort/session.ts';
import { selfTestCases } from '../../../runtime/train/selfTestCases.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';

const { spec, ...base } = randomBase();
const adapted = allLinear({ spec, ...base });
const { training } = runConfig('out');

it('covers blocks of one and of several groups, the head and the optimiser', () => {
  const cases = selfTestCases({ spec, adapted, policy: 'balanced', training });
  const covered = new Set(cases.flatMap(({ graph }) => graph.nodes.map(({ op }) => op)));
  const graphs = [headSegment(spec, adapted).train];
  for (const groups of [1, 2, 3]) {
    const options = {
      spec,
      adapted,
      first: 0,
      count: 1,
      groups,
      policy: 'balanced',
      inputGradient: true,
    } as const;
    const { train } = blockSegment(options);
    graphs.push(train!.forward, train!.backward);
  }
  for (const { op } of graphs.flatMap(({ nodes }) => nodes)) expect(covered).toContain(op);
  expect(cases.at(-1)!.part).toBe('adamw step');
});

it('holds equal blocks once, and a backward pass right after its own forward', () => {
  const cases = selfTestCases({ spec, adapted, policy: 'low', training });
  expect(new Set(cases.map(({ graph }) => printGraph(graph))).size).toBe(cases.length);
  cases.forEach(({ part, continues }, i) => {
    if (continues) expect([cases[i - 1]!.part, part]).toEqual(['block forward', 'block backward']);
  });
  expect(cases.filter(({ continues }) => continues)).toHaveLength(2);
});

it('feeds the same numbers each time', () => {
  const [one, two] = [0, 1].map(() =>
    selfTestCases({ spec, adapted, policy: 'balanced', training })[1]!.feeds(),
  );
  expect(Object.keys(one!)).toEqual(Object.keys(two!));
  for (const [name, tensor] of Object.entries(one!)) expect(two![name]!.data, name).toEqual(tensor.data);
});

it.each(['bert', 't5'])(
  '%s: every input of every graph has a value of its shape, and all graphs run',
  async (family) => {
    const other = specOf(casesOf(family)[0]!.config);
    const linears = allLinear({ ...base, spec: other });
    await using device = new Device({ provider: 'cpu', threads: 1 });
    const cases = selfTestCases({ spec: other, adapted: linears, policy: 'fast', training });
    // encoder and decoder blocks are different graphs
    const blocks = cases.filter(({ part }) => part === 'block forward');
    expect(blocks.length).toBeGreaterThanOrEqual(family === 't5' ? 2 : 1);
    let before: Readonly<Record<string, Tensor>> = {};
    for (const [i, { graph, sizes, feeds, continues = false }] of cases.entries()) {
      const given = { ...feeds(), ...(continues ? before : {}) };
      for (const { name, shape } of graph.inputs)
        if (given[name]) expect([...given[name].dims], name).toEqual(concreteShape(shape, sizes));
      const program = await device.compile(graph, `case${i}`);
      before = await device.run(program, given, sizes, new Buffers());
    }
  },
);
