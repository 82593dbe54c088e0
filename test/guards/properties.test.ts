/** @file Every numbered property of the methods' descriptions has a test that begins with its number. */
import { expect, test } from 'vitest';
import { filesUnder, textOf } from '../support/sourceFiles.ts';

/** How many properties each method's description numbers. */
const numbered: Readonly<Record<string, number>> = { GA: 13, SB: 11, LORAMOE: 14, ALLORA: 11, LORAM: 12 };

/** Numbers with which a title begins: "GA-3: ...", "LORAM-7: ...". */
function titles(): Set<string> {
  const found = new Set<string>();
  for (const file of filesUnder('test', '.test.ts'))
    for (const [, number] of textOf(file).matchAll(/['"`]([A-Z]+-\d+): /g)) found.add(number!);
  return found;
}

test.each(Object.entries(numbered))('%s-1 to %i', (method, count) => {
  const found = titles();
  const all = Array.from({ length: count }, (_, i) => `${method}-${i + 1}`);
  expect(all.filter((number) => !found.has(number))).toEqual([]);
});
