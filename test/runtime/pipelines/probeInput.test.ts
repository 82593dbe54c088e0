/** @file What `probe` reads for each task, and what it refuses. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeSafetensors } from '../../../runtime/formats/safetensors.ts';
import { readProbeInput } from '../../../runtime/pipelines/probeInput.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const path = join(temporaryFolder(), 'input.safetensors');
type Tensors = Record<string, readonly [shape: readonly number[], data: readonly number[]]>;

const read = (family: string, tensors: Tensors) => {
  writeSafetensors(
    path,
    Object.entries(tensors).map(([name, [shape, data]]) => ({
      name,
      dtype: 'I32' as const,
      shape: [...shape],
      data: Int32Array.from(data),
    })),
  );
  return readProbeInput(path, specOf(casesOf(family)[0]!.config));
};

const ids = [
  [2, 3],
  [5, 6, 7, 8, 9, 0],
] as const;
const attention = [
  [2, 3],
  [1, 1, 1, 1, 1, 0],
] as const;

test('a classifier: classes a row, types of tokens', () => {
  const types = [
    [2, 3],
    [0, 0, 1, 0, 1, 0],
  ] as const;
  const input = read('bert', {
    input_ids: ids,
    attention_mask: attention,
    token_type_ids: types,
    labels: [[2], [1, 0]],
  });
  expect(input).toMatchObject({ width: 1, longest: 3, labelled: true });
  expect(input.rows[1]).toEqual({
    ids: Uint32Array.of(8, 9),
    mask: Uint8Array.of(0, 0),
    second: Uint8Array.of(0, 1),
    label: 0,
  });
  expect(read('bert', { input_ids: ids }).labelled).toBe(false);
});

test('an encoder-decoder: targets, those that are not trained read as 0', () => {
  const labels = [
    [2, 2],
    [4, 1, 1, -100],
  ] as const;
  const input = read('t5', { input_ids: ids, attention_mask: attention, labels });
  expect(input).toMatchObject({ width: 2, labelled: true });
  expect(input.rows[1]).toEqual({
    ids: Uint32Array.of(8, 9, 1, 0),
    mask: Uint8Array.of(0, 0, 1, 0),
    second: Uint8Array.of(0, 0, 1, 1),
  });
});

describe('refuses', () => {
  test.each([
    ['bert', { labels: [[3], [0, 1, 0]] }, 'labels must have one class a row, [2]'],
    ['bert', { labels: [[2], [0, 2]] }, 'labels holds 2 in row 1, the base knows classes below 2'],
    [
      'bert',
      {
        token_type_ids: [
          [2, 3],
          [0, 2, 0, 0, 0, 0],
        ],
      },
      'token_type_ids holds 2 in row 0',
    ],
    ['t5', {}, 'labels must be there'],
    ['t5', { labels: [[2], [1, 1]] }, 'labels must have the shape [2, target length]'],
    [
      't5',
      {
        labels: [
          [2, 1],
          [1, 99],
        ],
      },
      'labels holds 99',
    ],
  ] as [string, Tensors, string][])('%s %j', (family, tensors, said) => {
    expect(() => read(family, { input_ids: ids, ...tensors })).toThrow(said);
  });
});
