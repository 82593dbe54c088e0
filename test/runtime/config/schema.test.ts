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
  'type enum const required minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems uniqueItems contains minProperties maxProperties dependencies propertyNames if then else allOf anyOf oneOf not format deprecationMessage errorMessage patternErrorMessage'.split(
    ' ',
  ),
);

/** Keywords of a schema and of those inside it; names of properties and examples are none. */
function keywords(schema: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(schema).flatMap(([word, value]) => {
    if (word === 'properties')
      return Object.values(value as Record<string, Record<string, unknown>>).flatMap(keywords);
    // what a snippet offers
    if (word === 'defaultSnippets') return [word];
    if (word === 'additionalProperties') return keywords(value as Record<string, unknown>);
    return [word];
  });
}

test('no keyword of it validates: mistakes are reported once, by the check', () => {
  const used = keywords(adapterSchema());
  expect(used.filter((word) => validating.has(word))).toEqual([]);
  expect(used.length).toBeGreaterThan(100);
});

interface Described {
  readonly description: string;
  readonly doNotSuggest?: true;
  readonly defaultSnippets?: readonly { label: string; description: string; body: unknown }[];
}

test('kinds and start values come with a line each; a key of some kinds says which', () => {
  const { properties } = adapterSchema() as {
    properties: { method: { properties: Record<string, Described> } };
  };
  const { kind, init, experts, rank, targets, dropout } = properties.method.properties;
  expect(kind?.defaultSnippets).toContainEqual({
    label: 'allora',
    description: expect.stringMatching(/^ALLoRA: LoRA without scale/) as string,
    body: 'allora',
  });
  expect(init?.defaultSnippets?.map(({ label }) => label)).toEqual(['default', 'pissa', 'olora', 'lora-ga']);
  expect(experts?.description).toContain('With kind "loramoe".');
  expect(dropout?.description).toMatch(/With kind "dora", "lora", "lora-sb", /);
  // completion offers those of the kind at hand
  expect([experts, dropout, rank].map((key) => key?.doNotSuggest)).toEqual([true, true, undefined]);
  // what all kinds have, in the words for all
  expect(rank?.description).toMatch(/^Rank of the update B A[.] \(/);
  expect(targets).toMatchObject({ default: 'all-linear' });
});
