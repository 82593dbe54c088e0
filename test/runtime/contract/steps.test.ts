/** @file Steps in columns, in their place among other events. */
import { expect, test } from 'vitest';
import { flatten, packSteps, unflatten } from '../../../runtime/contract/steps.ts';
import { stepEvent } from '../../support/runSummary.ts';

test('steps that follow each other share a part; others keep their place', () => {
  const note = { event: 'note', message: 'slow disk' } as const;
  const parts = packSteps([stepEvent(1), stepEvent(2, { memory: 5e8 }), note, stepEvent(3)]);
  expect(parts.map(({ event }) => event)).toEqual(['steps', 'note', 'steps']);
  expect(parts[0]).toEqual({
    event: 'steps',
    step: [1, 2],
    loss: [10, 5],
    gradNorm: [1, 0.5],
    learningRate: [1e-3, 1e-3],
    tokens: [800, 800],
    supervised: [200, 200],
    seconds: [0.25, 0.25],
    memory: [null, 5e8],
  });
  expect(packSteps([])).toEqual([]);
});

test('parts through arrays of columns and back are the same, with NaN for null', () => {
  const note = { event: 'note', message: 'slow disk' } as const;
  const parts = packSteps([stepEvent(1), stepEvent(2, { memory: 5e8 }), note, stepEvent(3)]);
  const flat = flatten(parts);
  expect(flat.columns.map(({ length }) => length)).toEqual(Array(8).fill(3));
  expect(flat.parts).toEqual([{ event: 'steps', rows: 2 }, note, { event: 'steps', rows: 1 }]);
  const back = unflatten(flat);
  expect(back[0]).toMatchObject({ step: Float64Array.of(1, 2), memory: Float64Array.of(NaN, 5e8) });
  expect(back[1]).toBe(note);
  expect(back[2]).toMatchObject({ step: Float64Array.of(3), seconds: Float64Array.of(0.25) });
  expect(unflatten(flatten([]))).toEqual([]);
});

test('a column travels in the narrowest array that holds the same numbers', () => {
  const arrays = (memory: number): string[] =>
    flatten(packSteps([stepEvent(70_000, { loss: 0.1, memory })])).columns.map(
      (array) => array.constructor.name,
    );
  const [step, loss, , , tokens, , seconds, memory] = arrays(3 * 2 ** 32);
  expect([step, loss, tokens]).toEqual(['Uint32Array', 'Float64Array', 'Uint16Array']);
  expect([seconds, memory]).toEqual(['Float32Array', 'Float32Array']);
  // a zero with a sign is no whole number, and 2^32 + 1 is none of single precision
  expect(arrays(-0)[7]).toBe('Float32Array');
  expect(arrays(2 ** 32 + 1)[7]).toBe('Float64Array');
});
