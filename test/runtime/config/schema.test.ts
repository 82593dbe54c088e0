/** @file The generated schema: up to date, complete, and silent about mistakes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adapterSchema } from '../../../runtime/config/schema.ts';
import { root } from '../../support/sourceFiles.ts';

test('the committed schema is the generated one', () => {
  const committed = JSON.parse(
    readFileSync(join(root, 'media/schema/adapter.schema.json'), 'utf8'),
  ) as unknown;
  expect(committed).toEqual(JSON.parse(JSON.stringify(adapterSchema())));
});

/** Keywords by which VS Code's JSON service reports mistakes (draft 07). */
const validating = new Set(
  'type enum const required minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems uniqueItems contains minProperties maxProperties dependencies propertyNames if then else allOf anyOf oneOf not format doNotSuggest deprecationMessage errorMessage patternErrorMessage'.split(
    ' ',
  ),
);

/** Keywords of a schema and of those inside it; names of properties and examples are none. */
function keywords(schema: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(schema).flatMap(([word, value]) => {
    if (word === 'properties')
      return Object.values(value as Record<string, Record<string, unknown>>).flatMap(keywords);
    if (word === 'additionalProperties') return keywords(value as Record<string, unknown>);
    return [word];
  });
}

test('no keyword of it validates: mistakes are reported once, by the check', () => {
  const used = keywords(adapterSchema());
  expect(used.filter((word) => validating.has(word))).toEqual([]);
  expect(used.length).toBeGreaterThan(100);
});
