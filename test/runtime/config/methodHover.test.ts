/** @file What hovers say of methods, start values and their keys on the embedded base. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases } from '../../../runtime/config/bases.ts';
import { fullCheckAll } from '../../../runtime/config/fullCheck.ts';
import { hoverAt } from '../../../runtime/config/hover.ts';
import { methodWords } from '../../../runtime/config/methodHover.ts';
import type { ConfigHover } from '../../../runtime/contract/api/config.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { initialisers } from '../../../runtime/methods/inits/index.ts';
import { methods } from '../../../runtime/methods/index.ts';
import { root } from '../../support/sourceFiles.ts';

const path = join(root, 'media/base/tiny-clerk');
const opened = new Bases().open(path);
if (opened instanceof UserError) throw opened;
const base = opened;
const data = { train: join(root, 'media/data/tickets/train.jsonl') };

/** The hover at this word of a config with this method. */
function hover(method: object, needle: string, training: object = {}): ConfigHover | undefined {
  const text = JSON.stringify({ base: path, data, method, training });
  const { views } = fullCheckAll(text, join(root, 'x.adapter.json'));
  return hoverAt(text, text.indexOf(needle) + 1, views, () => base, undefined);
}

test.each(methods.map((method) => [method.kind, method] as const))(
  '%s: what it is, its formula, what it costs here, where more of it is written',
  (kind, { title, doc, formula, paper }) => {
    const { lines, links } = hover({ kind, rank: 4, targets: ['q_proj'] }, `"${kind}"`)!;
    expect(lines.slice(0, 2)).toEqual([`${title}: ${doc}`, `${formula}.`]);
    expect(lines.at(-1)).toMatch(/^Adapts 6 of 43 linears: [\d,]+ numbers/);
    expect(lines.join('\n')).toMatch(
      /^[\d,]+ products a token beside the base's, .* plain LoRA of this rank[.]$/m,
    );
    expect(links).toEqual([
      { kind: 'page', name: kind, title },
      { kind: 'paper', arxiv: paper.slice('arXiv:'.length) },
    ]);
  },
);

test('products a token: r (in + out) for LoRA, N times that and the router for LoRAMoE', () => {
  const products = (method: object): string | undefined =>
    hover({ rank: 4, targets: ['q_proj'], ...method }, '"kind"')?.lines.find((line) =>
      line.includes('products'),
    );
  const plain = 6 * 4 * (192 + 192);
  const count = (numbers: number): string => numbers.toLocaleString('en-US');
  expect(products({ kind: 'lora' })).toContain(
    `${count(plain)} products a token beside the base's, as many as`,
  );
  expect(products({ kind: 'lora', init: 'pissa' })).toContain(`${count(2 * plain)} products`);
  expect(products({ kind: 'lora', init: 'pissa', mutateBase: true })).toContain(`${count(plain)} products`);
  expect(products({ kind: 'lora-sb' })).toContain(`${count(plain + 6 * 16)} products`);
  expect(products({ kind: 'loramoe' })).toContain(`${count(6 * (plain + 6 * 192))} products`);
  expect(products({ kind: 'loramoe' })).toContain('6.75 times those of plain LoRA');
});

test.each(Object.entries(initialisers))(
  'start values %s: their own words and page',
  (init, { title, peft }) => {
    const { lines, links } = hover({ init, rank: 4 }, `"${init}"`)!;
    expect(lines[0]).toMatch(new RegExp(`^${title}: `));
    expect(lines).toContain(`In PEFT: init_lora_weights = "${peft}".`);
    expect(links?.[0]).toEqual({ kind: 'page', name: init, title });
    // a key of theirs leads there too
    expect(hover({ init, mutateBase: true }, '"mutateBase"')?.links?.[0]).toEqual(links?.[0]);
  },
);

test('own keys: the formula that they are part of, and what they come to', () => {
  expect(hover({ kind: 'allora', eta: 4 }, '"eta"', { learningRate: 1e-4 })?.lines).toEqual([
    expect.stringMatching(/^ALLoRA: y = /),
    'With AdamW A and B learn at rates up to 4.0e-4.',
  ]);
  expect(hover({ kind: 'allora', eta: 4 }, '"eta"', { optimizer: 'sgd' })?.lines).toHaveLength(1);
  expect(hover({ loraPlus: 16 }, '"loraPlus"', { learningRate: 1e-3 })?.lines[1]).toBe(
    'B learns at rates up to 0.0160.',
  );
  expect(hover({ kind: 'loramoe', experts: 2 }, '"experts"')?.lines[1]).toMatch(/^Adapts 18 of 43 linears/);
  expect(hover({ alpha: 8 }, '"alpha"')?.lines).toEqual([
    expect.stringMatching(/^LoRA: y = /),
    'The update is scaled by 0.500.',
  ]);
});

test('nothing of a kind or start values that there are none of: a default stands in for them', () => {
  expect(hover({ kind: 'lroa' }, '"lroa"')).toBeUndefined();
  expect(hover({ init: 'pisa' }, '"pisa"')).toBeUndefined();
});

test('nothing of keys that all kinds have, of none, or of a text that is no config', () => {
  const { views } = fullCheckAll(`{ "base": ${JSON.stringify(path)} }`, join(root, 'x.adapter.json'));
  expect(methodWords(views[0]!, 'layers', base)).toEqual({ lines: [], links: [] });
  expect(methodWords(views[0]!, 'toString', base)).toEqual({ lines: [], links: [] });
  expect(methodWords({}, 'kind', base)).toEqual({ lines: [], links: [] });
  // without a base its cost is unknown
  expect(methodWords(views[0]!, 'kind', undefined).lines.join()).not.toContain('products');
});
