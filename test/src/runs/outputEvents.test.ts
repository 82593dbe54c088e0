/** @file What the output of a process says after it has ended. */
import { expect, test } from 'vitest';
import { comparisonText, refusalOf } from '../../../src/runs/outputEvents.ts';

test.each([
  [
    'the event says it',
    'loading\n{"event":"failed","message":"Rank 600 is too large."}\n',
    'Rank 600 is too large.',
  ],
  ['the last words say it', '{"event":"note","message":"x"}\nThe disk is full.\n\n', 'The disk is full.'],
  ['half a line of JSON is no event', '{"event":"fail', 'The run did not start (exit code 2).'],
  ['nothing was printed', '', 'The run did not start (exit code 2).'],
])('%s', (_, output, text) => {
  expect(refusalOf(output, 2)).toEqual({ text });
});

test('the first mistake in a config is named with its place', () => {
  const output = [
    'C:\\a b\\my.adapter.json:3:5: error: The config has no key "bsae". Did you mean "base"? [unknown-key]',
    'C:\\a b\\my.adapter.json:1:1: error: "base" is missing. [missing-key]',
    'C:\\a b\\my.adapter.json:9:1: warning: Little data. [few-rows]',
    '{"event":"failed","message":"my.adapter.json has 2 errors."}',
  ].join('\r\n');
  expect(refusalOf(output, 2)).toEqual({
    text: 'my.adapter.json, line 3: The config has no key "bsae". Did you mean "base"? (and 1 more)',
    place: { file: 'C:\\a b\\my.adapter.json', line: 3, column: 5 },
  });
});

test('a quick start proves itself in one sentence', () => {
  const compared = { event: 'compared', base: { rows: 100, exact: 0 }, adapter: { rows: 100, exact: 0.954 } };
  expect(comparisonText(`{"event":"done"}\n${JSON.stringify(compared)}\n`)).toBe(
    'It answers 95 % of 100 rows that it has never seen exactly; the base alone 0 %.',
  );
});

test.each([
  ['', undefined],
  ['{"event":"compared"}', undefined],
  ['{"event":"compared","base":null,"adapter":{"rows":"1"}}', undefined],
])('half a proof is none: %s', (output, expected) => {
  expect(comparisonText(output)).toBe(expected);
});
