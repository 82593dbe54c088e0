/** @file Values in templates, written as Python does; expected texts are Python's own. */
import { expect, test } from 'vitest';
import { parseTemplate, runTemplate } from '../../../runtime/data/jinjaLibrary.ts';

const run = (source: string, globals: Record<string, unknown> = {}): string =>
  runTemplate(parseTemplate(source), globals);

test.each([
  ['{{ x }}', 'a\n', 'a\n'],
  ['{{ x }}', true, 'True'],
  ['{{ x }}', null, 'None'],
  ['{{ x }}', 1.5, '1.5'],
  ['{{ 2.0 }}{{ 7 // 2 }}', 0, '2.03'],
  ['{{ x }}', ['a', 1, null, []], "['a', 1, None, []]"],
  ['{{ x }}', { a: { b: false } }, "{'a': {'b': False}}"],
  [
    '{{ x }}',
    ["it's", 'a "b"', `'"`, '\\ \n\t\u0001\u00a0é'],
    `["it's", 'a "b"', '\\'"', '\\\\ \\n\\t\\x01\\xa0é']`,
  ],
  ["{{ (1, 'a') }}", 0, "(1, 'a')"],
  ['{% if x is none %}{{ missing }}{% set y = none %}{# none #}{{ x }}{% endif %}', null, 'None'],
  ['{% for k, v in x.items() %}{{ k }}={{ v }};{% endfor %}', { a: true, b: { c: 1 } }, "a=True;b={'c': 1};"],
])('%s of %j', (source, x, expected) => {
  expect(run(source, { x })).toBe(expected);
});
