/** @file A survey counts what training counts, and its table finds rows again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDataset } from '../../../runtime/data/dataset.ts';
import { openRowFile } from '../../../runtime/data/rowFile.ts';
import { surveyRows } from '../../../runtime/data/survey.ts';
import { chatRow } from '../../support/dataWorkspace.ts';
import { previewOptions } from '../../support/previewer.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const turn = (role: string, content: string): Record<string, string> => ({ role, content });
const good = Array.from({ length: 50 }, (_, i) =>
  chatRow(turn('user', 'q'.repeat(i + 1)), turn('assistant', 'abc')),
);

function write(rows: readonly string[]): string {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, `${rows.join('\n')}\n`);
  return path;
}

test('totals are those of the data set that is trained on', async () => {
  const options = previewOptions({ length: 60 });
  const path = write(good);
  const dataset = await openDataset({
    ...options,
    file: path,
    cacheFolder: join(folder, 'cache'),
    exclude: ['3-4'],
  });
  const file = await openRowFile(path);
  const { survey, table } = await surveyRows(file, { preview: options, exclude: ['3-4'] });
  const { tokens, supervised, truncated, longest, percentile95 } = dataset.totals;
  expect(survey.tokens).toMatchObject({ tokens, supervised, truncated, longest, percentile95, length: 60 });
  expect([survey.rows, survey.excluded, survey.format]).toEqual([50, 2, 'chat']);
  const { width, counts } = survey.tokens!.histogram;
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(48);
  expect(width * counts.length).toBeGreaterThan(longest);
  expect(table?.tokens).toHaveLength(50);
  dataset.close();
  file.close();
});

test('rows that are wrong are counted with their lines, and found by their bits', async () => {
  const file = await openRowFile(write([good[0]!, 'nope', chatRow(turn('user', 'alone')), 'nope']));
  const { survey, table } = await surveyRows(file, { preview: previewOptions(), exclude: [] });
  expect(survey.lints.map(({ code, severity, lines }) => [code, severity, lines])).toEqual([
    ['row-not-json', 'error', [2, 4]],
    ['no-assistant-turn', 'warning', [3]],
  ]);
  const bit = table!.codes.indexOf('row-not-json');
  expect([...table!.lints].map((flags) => (flags >>> bit) & 1)).toEqual([0, 1, 0, 1]);
  file.close();
});

test('a sample estimates the whole and says how many it looked at', async () => {
  const file = await openRowFile(write(Array.from({ length: 1000 }, () => good[5]!)));
  const whole = await surveyRows(file, { preview: previewOptions(), exclude: [] });
  const sampled = await surveyRows(file, { preview: previewOptions(), exclude: [], sample: 20 });
  expect([sampled.survey.rows, sampled.survey.looked, sampled.table]).toEqual([1000, 20, undefined]);
  expect(sampled.survey.tokens?.tokens).toBe(whole.survey.tokens?.tokens);
  file.close();
});

test('without a config only formats and shapes', async () => {
  const file = await openRowFile(write([good[0]!, '{"text": "another format"}']));
  const { survey } = await surveyRows(file, { preview: undefined, exclude: [] });
  expect(survey.tokens).toBeUndefined();
  expect(survey.lints.map(({ code }) => code)).toEqual(['formats-mixed']);
  file.close();
});
