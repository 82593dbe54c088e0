/** @file Undoing what llama.cpp's converter did; whole files are compared in ggufBase.test.ts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ggufTensors, transpose, undoInterleaving } from '../../../runtime/model/ggufNames.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';

const stored = (modelType: string): [string, object][] =>
  [...ggufTensors(specOf(casesOf(modelType).at(-1)!.config))].map(([name, { name: _, ...undo }]) => [
    name,
    undo,
  ]);

test('pairs of rows go back into halves, head by head', () => {
  // 2 heads of 4 rows of 1: a pair (i, i + 2) of a head stood side by side
  const values = Float32Array.of(0, 2, 1, 3, 10, 12, 11, 13);
  undoInterleaving(values, 2, 1);
  expect([...values]).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
});

test('every row moves whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      (heads, half, columns) => {
        const rows = heads * 2 * half;
        const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
        undoInterleaving(values, heads, columns);
        for (let h = 0; h < heads; h++)
          for (let i = 0; i < half; i++)
            for (let j = 0; j < 2; j++) {
              const to = h * 2 * half + j * half + i;
              const from = h * 2 * half + 2 * i + j;
              expect(values[to * columns]).toBe(from * columns);
              expect(values[to * columns + columns - 1]).toBe(from * columns + columns - 1);
            }
      },
    ),
    { seed: 5, numRuns: 50 },
  );
});

test('a transposed matrix reads column by column', () => {
  const into = new Float32Array(6);
  transpose(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3, into);
  expect([...into]).toEqual([1, 4, 2, 5, 3, 6]);
});

test.each(['llama', 'granite', 'smollm3'])('%s: rows of q and k, biases too, are put back', (modelType) => {
  const undone = stored(modelType).filter(([, undo]) => 'interleavedHeads' in undo);
  expect(new Set(undone.map(([name]) => name.split('.').at(-2)))).toEqual(new Set(['q_proj', 'k_proj']));
  const { kvHeads } = specOf(casesOf(modelType).at(-1)!.config);
  for (const [name, undo] of undone)
    expect(undo).toEqual({ interleavedHeads: name.includes('k_proj') ? kvHeads : 4 });
});

test.each(['qwen2', 'qwen3', 'olmo2', 'phi3'])('%s: nothing is undone', (modelType) => {
  for (const [, undo] of stored(modelType)) expect(undo).toEqual({});
});

test.each(['gemma2', 'gemma3_text'])('%s: every norm loses its 1, nothing else', (modelType) => {
  for (const [name, undo] of stored(modelType))
    expect(undo).toEqual(/norm\.weight$/.test(name) ? { shift: -1 } : {});
});

test('gpt2: the matrices of the blocks are turned', () => {
  for (const [name, undo] of stored('gpt2'))
    expect(undo).toEqual(/c_(attn|proj|fc)\.weight$/.test(name) ? { transposed: true } : {});
});
