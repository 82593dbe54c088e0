/** @file From labels to the ids of classes. */
import { describe, expect, test } from 'vitest';
import { areNamed, classId, ClassNames } from '../../../runtime/data/classes.ts';

const names = ['no', 'yes', '0'];

test.each([
  ['yes', 1],
  [2, 2],
  ['1', 1],
  // called so by its name, which comes first
  ['0', 2],
  [0, 0],
])('%j is the class %i', (label, id) => {
  expect(classId(label, names)).toBe(id);
});

test.each([['perhaps'], [3], ['17'], ['-1'], ['1.0']])('%j is none', (label) => {
  expect(() => classId(label, names)).toThrow(
    expect.objectContaining({
      code: 'label-unknown',
      hint: 'Its classes are 0 no, 1 yes, 2 0: write a name or a number.',
    }) as Error,
  );
});

test('many classes are told in part', () => {
  const many = Array.from({ length: 30 }, (_, i) => `c${i}`);
  expect(() => classId('x', many)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('11 c11, ... (30 in all)') as string }) as Error,
  );
});

test("transformers' own names say nothing", () => {
  expect(areNamed(['LABEL_0', 'LABEL_1'])).toBe(false);
  expect(areNamed(['LABEL_0', 'good'])).toBe(true);
});

describe('names from the data', () => {
  const collected = (labels: readonly (number | string)[]): ClassNames => {
    const all = new ClassNames();
    for (const label of labels) all.add(label);
    return all;
  };

  test('are sorted, whatever order the rows have', () => {
    expect(collected(['b', 'a', 'b', 'Z']).names).toEqual(['Z', 'a', 'b']);
  });

  test('are none where labels are numbers', () => {
    expect(collected([0, '2', 1]).names).toBeUndefined();
    expect(collected([0, '2', 1]).largest).toBe(2);
  });
});
