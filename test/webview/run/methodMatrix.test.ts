/** @file Facts of layers as matrices: rows are linears, columns blocks, whatever the names are. */
import { expect, test } from 'vitest';
import type { MethodEvent } from '../../../runtime/contract/run.ts';
import { courseOf, factNames, factWords, filled, matrixOf } from '../../../webview/run/methodMatrix.ts';

const at = (step: number, layers: MethodEvent['layers']): MethodEvent => ({ event: 'method', step, layers });
const layer = (block: number, name: string): string => `model.layers.${block}.${name}`;

const events = [
  at(0, { [layer(0, 'self_attn.q_proj')]: { captured: 0.5 }, [layer(1, 'mlp.up_proj')]: { captured: 0.25 } }),
  at(10, { [layer(0, 'self_attn.q_proj')]: { factor: 2 }, [layer(10, 'self_attn.q_proj')]: { factor: 4 } }),
  at(20, { [layer(0, 'self_attn.q_proj')]: { factor: 1 }, [layer(2, 'self_attn.q_proj')]: { factor: -1 } }),
];

test('a row a linear and a column a block, in the order of numbers; gaps stay gaps', () => {
  expect(matrixOf(events, 'captured', 20)).toEqual({
    ...{ name: 'captured', step: 0, rows: ['q_proj', 'up_proj'], columns: ['0', '1'] },
    cells: [
      [0.5, undefined],
      [undefined, 0.25],
    ],
    // a share's bar ends at 1
    ...{ range: [0, 1], left: 0 },
  });
  expect(matrixOf(events, 'factor', 10)).toMatchObject({ step: 10, columns: ['0', '10'], cells: [[2, 4]] });
});

test('at a step it is what was known then; the scale is that of all steps', () => {
  expect(matrixOf(events, 'factor', 19)?.step).toBe(10);
  expect(matrixOf(events, 'factor', 20)).toMatchObject({ step: 20, range: [-1, 4] });
  expect(matrixOf(events, 'factor', 9)).toBeUndefined();
  expect(matrixOf(events, 'unknown', 20)).toBeUndefined();
  expect([filled(4, [0, 4]), filled(1, [0, 4]), filled(9, [0, 4]), filled(0, [0, 0])]).toEqual([
    1, 0.25, 1, 0,
  ]);
});

test('names in their order, and the course of the mean', () => {
  expect(factNames(events)).toEqual(['captured', 'factor']);
  expect(courseOf(events, 'factor')).toEqual({ steps: [10, 20], means: [3, 0] });
  expect(courseOf(events, 'captured')).toEqual({ steps: [0], means: [0.375] });
});

test('linears that end alike keep what tells them apart; what is in no block stands last', () => {
  const t5 = at(1, {
    lm_head: { x: 1 },
    'encoder.block.0.layer.0.SelfAttention.q': { x: 2 },
    'decoder.block.0.layer.0.SelfAttention.q': { x: 3 },
    'decoder.block.0.layer.1.EncDecAttention.q': { x: 4 },
  });
  const matrix = matrixOf([t5], 'x', 1)!;
  expect(matrix.columns).toEqual(['0', '']);
  expect(matrix.rows).toEqual([
    'lm_head',
    'encoder.block.*.layer.0.SelfAttention.q',
    'decoder.block.*.layer.0.SelfAttention.q',
    'EncDecAttention.q',
  ]);
  expect(matrix.cells[0]).toEqual([undefined, 1]);
});

test('what is no number is left out, and of many layers some are drawn', () => {
  const broken = { a: null as unknown as number, b: NaN, c: 1 };
  const none = at(1, { [layer(0, 'q')]: broken });
  expect(factNames([none])).toEqual(['a', 'b', 'c']);
  expect(matrixOf([none], 'a', 1)).toMatchObject({ rows: [], columns: [], range: [0, 0] });
  expect(courseOf([none], 'b')).toEqual({ steps: [], means: [] });
  const many = at(1, Object.fromEntries(Array.from({ length: 500 }, (_, i) => [layer(i, 'q'), { x: i }])));
  const { columns, left } = matrixOf([many], 'x', 1)!;
  expect([columns.length, left]).toEqual([160, 340]);
  const facts = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x${i}`, i]));
  expect(factNames([at(1, { q: facts })])).toHaveLength(12);
});

test('known facts have words, others their name', () => {
  expect(factWords('captured')).toMatchObject({ title: 'Captured' });
  for (const name of [
    'gain',
    'alignment',
    'factorMin',
    'factorMean',
    'factorMax',
    'share',
    'share0',
    'share1',
    'balance',
  ])
    expect(factWords(name).note?.length, name).toBeGreaterThan(20);
  expect(factWords('<b>')).toEqual({ title: '<b>' });
});
