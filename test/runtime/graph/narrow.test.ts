/** @file Narrowed graphs hold no 64-bit integer but the shapes that ONNX itself wants. */
import { expect, it } from 'vitest';
import { lower } from '../../../runtime/graph/lower.ts';
import { narrow } from '../../../runtime/graph/narrow.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';

function example(): ReturnType<GraphBuilder['finish']> {
  const op = new GraphBuilder();
  const table = op.input('table', 'float32', [5, 3]);
  const rows = op.input('rows', 'int64', ['n']);
  const first = op.constant(BigInt64Array.from([4n, 0n]), [2]);
  const more = op.gather(table, first);
  const added = op.scatterRows(op.zeros(['n', 3]), rows, op.gather(table, rows));
  return op.finish([more, added]);
}

it('turns inputs, constants and casts to int32, and leaves the graph it was given alone', () => {
  const graph = example();
  const narrowed = narrow(graph);
  const types = (of: typeof graph): string[] =>
    [...of.inputs, ...of.constants.map(({ value }) => value)].map(({ type }) => type);
  expect(types(graph)).toContain('int64');
  expect(types(narrowed)).not.toContain('int64');
  expect(narrowed.constants.map(({ data }) => data)).toContainEqual(Int32Array.from([4, 0]));
  expect(narrowed.nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op));
  // a value is one object wherever it is read
  const gather = narrowed.nodes.filter(({ op }) => op === 'Gather');
  expect(gather.map(({ inputs }) => (inputs as { indices: unknown }).indices)).toContain(
    narrowed.inputs.find(({ name }) => name === 'rows'),
  );
});

it('lets the caller feed the sizes that only a call knows, so that no node computes them', () => {
  const { nodes, shapes, inputs } = lower(example(), 'webgpu');
  expect(shapes.map(({ shape }) => shape)).toEqual([['n', 3]]);
  expect(inputs.at(-1)).toEqual({ name: shapes[0]!.name, type: 'int64', shape: [2] });
  expect(nodes.map(({ opType }) => opType)).not.toContain('Shape');
  // ScatterND insists on int64 indices
  expect(nodes.find(({ opType }) => opType === 'Cast')?.attributes).toEqual({ to: 7n });
  const cpu = lower(example(), 'cpu');
  expect(cpu.shapes).toEqual([]);
  expect(cpu.nodes.map(({ opType }) => opType)).toContain('Shape');
});
