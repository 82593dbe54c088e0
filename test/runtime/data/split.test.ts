/** @file Held-out rows and rows that are on both sides. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDataset } from '../../../runtime/data/dataset.ts';
import type { TokenDataset } from '../../../runtime/data/dataset.ts';
import { lintOverlap, selectRows, splitRows } from '../../../runtime/data/split.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const tokenizer = createByteTokenizer({ special: ['</s>'], eos: '</s>' });

async function open(name: string, texts: readonly string[]): Promise<TokenDataset> {
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  return openDataset({
    file,
    tokenizer,
    length: 99,
    trainOn: 'assistant',
    cacheFolder: join(folder, 'cache'),
  });
}

test('a split is a partition, the same for the same seed, neither side empty', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (rows, share, seed) => {
      const { train, validation } = splitRows(rows, share, seed);
      expect([...train, ...validation].sort((a, b) => a - b)).toEqual(
        Array.from({ length: rows }, (_, i) => i),
      );
      expect([...train]).toEqual([...train].sort((a, b) => a - b));
      if (rows > 1 && share > 0) {
        expect(train.length).toBeGreaterThan(0);
        expect(validation.length).toBeGreaterThan(0);
        expect(Math.abs(validation.length - rows * share)).toBeLessThanOrEqual(1);
      } else expect(validation).toHaveLength(0);
      expect(splitRows(rows, share, seed)).toEqual({ train, validation });
    }),
    { seed: 11, numRuns: 200 },
  );
});

test('seeds draw different rows, each row as often', () => {
  const drawn = new Uint32Array(20);
  for (let seed = 0; seed < 400; seed++)
    for (const row of splitRows(20, 0.25, seed).validation) drawn[row]! += 1;
  // 100 expected, standard deviation 8.7: five of them.
  for (const count of drawn) expect(Math.abs(count - 100)).toBeLessThan(44);
});

test('selected rows are those rows', async () => {
  const whole = await open('whole', ['a', 'bb', 'ccc', 'dddd']);
  const part = selectRows(whole, Uint32Array.of(3, 1));
  expect(part.rows).toBe(2);
  expect([part.length(0), part.supervised(0), part.line(0), part.source(0)]).toEqual([5, 4, 4, 3]);
  expect(selectRows(part, Uint32Array.of(1)).source(0)).toBe(1);
  expect(part.read(1)).toEqual(whole.read(1));
  expect(part.totals).toMatchObject({ tokens: 8, supervised: 6 });
  expect(part.hash).not.toBe(whole.hash);
  expect(selectRows(whole, Uint32Array.of(3, 2)).hash).not.toBe(part.hash);
  expect([...part.digests()]).toEqual([...whole.digests().slice(12), ...whole.digests().slice(4, 8)]);
  expect(() => part.length(2)).toThrow(RangeError);
  whole.close();
});

test('rows on both sides, exactly and nearly', async () => {
  const train = await open('train', ['One row.', 'Another', 'a third row']);
  const validation = await open('validation', ['new', 'Another', 'A THIRD, row!', 'one   row']);
  expect(lintOverlap(train, validation).map(({ code, lines }) => [code, lines])).toEqual([
    ['validation-overlap', [2]],
    ['validation-near-overlap', [3, 4]],
  ]);
  expect(lintOverlap(train, selectRows(validation, Uint32Array.of(0)))).toEqual([]);
  train.close();
  validation.close();
});
