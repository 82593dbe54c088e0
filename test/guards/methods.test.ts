/** @file Every adapter method is in the index under its kind, has a test of its own, and a page that says what a person wants to know. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { initialisers } from '../../runtime/methods/inits/index.ts';
import { methods } from '../../runtime/methods/index.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'runtime/methods');
/** Files that define a method: what the index and the tests must know. */
const defined = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'method.ts')
  .filter((file) => readFileSync(join(folder, file), 'utf8').includes('defineMethod<'))
  .map((file) => file.replace(/\.ts$/, ''));

/** The file of a kind: "lora-sb" is defined in loraSb.ts. */
const fileOf = (kind: string): string => kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

test('every method has its line in the index, under its kind', () => {
  expect(defined.length).toBeGreaterThanOrEqual(2);
  expect(methods.map(({ kind }) => fileOf(kind)).sort()).toEqual(defined.sort());
  for (const { title, paper } of methods) {
    expect(title).not.toBe('');
    expect(paper).toMatch(/^arXiv:\d{4}\.\d{5}$/);
  }
});

test('every method has a test of its own', () => {
  for (const name of defined) {
    const twin = ['test', 'ort.test'].map((kind) => join(root, 'test/runtime/methods', `${name}.${kind}.ts`));
    expect(
      twin.some((path) => existsSync(path)),
      `test/runtime/methods/${name}`,
    ).toBe(true);
  }
});

/** What has a page in media/methods, by its name: methods and start values. */
const described = [
  ...methods.map(({ kind, title, paper, doc, formula }) => ({ name: kind, title, paper, doc, formula })),
  ...Object.entries(initialisers).map(([name, { title, paper, doc, formula }]) => ({
    ...{ name, title, paper, doc, formula },
  })),
];
const pages = join(root, 'media/methods');

test('pages are those of the methods and initialisers, and ship', () => {
  expect(readdirSync(pages).sort()).toEqual(described.map(({ name }) => `${name}.md`).sort());
  expect(readFileSync(join(root, '.vscodeignore'), 'utf8').split('\n')).toContain('!media/methods/*.md');
});

test.each(described.map((one) => [one.name, one] as const))(
  'the page of %s: what it does, formula, when to use, what was measured, how it exports',
  (name, { title, paper, doc, formula }) => {
    const text = readFileSync(join(pages, `${name}.md`), 'utf8');
    const [intro = '', ...sections] = text.split(/^## /m);
    expect(sections.map((section) => section.slice(0, section.indexOf('\n')))).toEqual([
      ...['Formula', 'When to use', 'Measured here', 'How it exports'],
    ]);
    for (const section of sections) expect(section.split('\n').slice(1).join('').length).toBeGreaterThan(60);
    expect(intro.split('\n')[0]).toBe(`# ${title}`);
    const [, does = ''] = intro.split('\n\n');
    const sentences = does.match(/[.](?=\s|$)/g)?.length;
    expect(sentences).toBeGreaterThanOrEqual(3);
    expect(sentences).toBeLessThanOrEqual(7);
    const number = paper.replace('arXiv:', '');
    expect(intro).toContain(`[${paper}](https://arxiv.org/abs/${number})`);
    expect(sections[0]).toMatch(/```text\n[^`]*=[^`]*```/);
    // where its figures come from
    const reports = [...sections[2]!.matchAll(/`(docs\/experiments\/[a-z-]+[.]md)`/g)];
    expect(reports).not.toEqual([]);
    for (const [, report] of reports) expect(existsSync(join(root, report!)), report).toBe(true);
    // links lead to pages that are there
    for (const [, to] of text.matchAll(/\]\((?!https:)([^)]+)\)/g))
      expect(existsSync(join(pages, to!)), to).toBe(true);
    // the lines of hovers
    expect(doc).toMatch(/^[A-Z].*[.]$/);
    expect(formula).not.toMatch(/[.]$/);
  },
);
