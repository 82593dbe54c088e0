/** @file The model card: what the hub reads at its top, and texts that stay texts. */
import { expect, test } from 'vitest';
import { modelCard } from '../../../runtime/formats/modelCard.ts';

const adapter = { base: 'owner/model', rank: 4, alpha: 8, targets: ['a', 'b'] };
const facts = { name: 'n', data: [], settings: {}, results: {}, versions: {} };

test('the header as YAML, without a licence', () => {
  expect(modelCard(adapter, facts).split('\n').slice(0, 9)).toEqual([
    '---',
    'base_model: "owner/model"',
    'library_name: peft',
    'pipeline_tag: text-generation',
    'tags:',
    '- "base_model:adapter:owner/model"',
    '- "lora"',
    '---',
    '',
  ]);
  expect(modelCard(adapter, facts)).not.toMatch(/licen[cs]e/i);
  expect(modelCard(adapter, facts)).toContain('Not evaluated on held-out rows.');
});

test('a path is shortened to its last name: it says something about the machine', () => {
  for (const base of ['/data/me/models/tiny', 'C:\\me\\tiny', './tiny/']) {
    const card = modelCard({ ...adapter, base, dora: true }, facts);
    expect(card).toContain('base_model: "tiny"');
    expect(card).not.toMatch(/\/data|C:/);
    expect(card).toContain('A DoRA adapter');
  }
});

test('names from files cannot add markup, rows or links', () => {
  const card = modelCard(adapter, {
    ...facts,
    data: [{ role: 'train', name: 'a|b\n# x', rows: 3, sha256: 'ab' }],
    settings: { '[x](y)': { nested: '<b>' } },
    results: { loss: '0.5' },
  });
  expect(card).toContain('| train | a\\|b \\# x | 3 | ab |');
  expect(card).toContain('| \\[x\\]\\(y\\) | \\{"nested":"\\<b\\>"\\} |');
  expect(card).toContain('| loss | 0.5 |');
});
