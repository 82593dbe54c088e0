/** @file Each rule once and more: its diagnostic at its place, the same on the command line, and each of its fixes mends it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { freshKnowledge, fullCheck, fullCheckAll, knowData } from '../../../runtime/config/fullCheck.ts';
import type { AllChecks, Knowledge } from '../../../runtime/config/fullCheck.ts';
import { describeDiagnostic } from '../../../runtime/contract/diagnostic.ts';
import type { Diagnostic, Fix } from '../../../runtime/contract/diagnostic.ts';
import { fakeIo } from '../../support/fakeIo.ts';
import { filesUnder, root } from '../../support/sourceFiles.ts';
import { writeBertBase } from '../../support/textBases.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { allBroken, writeBrokenFolder } from './broken/allBroken.ts';
import { unmarked } from './broken/brokenConfig.ts';
import type { BrokenConfig } from './broken/brokenConfig.ts';

const folder = temporaryFolder();
const file = join(folder, 'x.adapter.json');
beforeAll(() => {
  writeBrokenFolder(folder, root);
  writeBertBase(join(folder, 'classifier'), { id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } });
  const rows = ['cat', 'dog', 'bird'].map((label) => `${JSON.stringify({ text: `a ${label}`, label })}\n`);
  writeFileSync(join(folder, 'three.jsonl'), rows.join(''));
});

/** On a base that classifies, which lies with the tests alone. */
const ofClassifiers: readonly BrokenConfig[] = [
  {
    code: 'classes-differ',
    marked:
      '{ "base": "classifier", "data": { "train": «"three.jsonl"», "length": 8 }, "method": { "rank": 2, "alpha": 4 } }',
  },
];

/** As `check` does it: once without the rows, once with what they tell. */
async function check(text: string, { variant, sets }: BrokenConfig): Promise<readonly Diagnostic[]> {
  const views = (known: Knowledge): AllChecks => {
    if (variant === undefined && sets === undefined) return fullCheckAll(text, file, known);
    const view = { ...(variant === undefined ? {} : { variant }), sets: sets ?? [] };
    const checked = fullCheck(text, file, view, known);
    return { diagnostics: checked.diagnostics, views: [checked] };
  };
  const fresh = freshKnowledge();
  return views(await knowData(views(fresh).views, fresh)).diagnostics;
}

const applied = (text: string, { edits }: Fix): string =>
  [...edits]
    .sort((a, b) => b.offset - a.offset)
    .reduce(
      (now, edit) => now.slice(0, edit.offset) + edit.text + now.slice(edit.offset + edit.length),
      text,
    );

const errors = (diagnostics: readonly Diagnostic[]): number =>
  diagnostics.filter(({ severity }) => severity === 'error').length;

const short = (text: string): string =>
  (text.length > 160 ? `${text.slice(0, 160)}...` : text).replace(/\s+/g, ' ');
const cases = [...allBroken, ...ofClassifiers].map(
  (broken) => [broken.code, short(broken.marked), broken] as const,
);

/** Those of which a fix was tried. */
const mended = new Set<BrokenConfig>();

describe('a broken config', () => {
  test.each(cases)('%s: %s', async (code, _, broken) => {
    const { text, offset, length } = unmarked(broken);
    const diagnostics = await check(text, broken);
    const places = diagnostics.map(({ code: found, range, source }) => ({
      code: found,
      at: range === undefined ? source : [range.offset, range.length],
    }));
    const at = broken.sets === undefined ? [offset, length] : `--set ${broken.sets[0]!}`;
    expect(places).toContainEqual({ code, at });

    const found = diagnostics.find((one) => one.code === code && (one.range?.offset ?? offset) === offset)!;
    for (const fix of found.fixes ?? []) {
      const after = await check(applied(text, fix), broken);
      const left = after.filter((one) => one.code === code && one.message === found.message);
      expect(left, fix.title).toEqual([]);
      mended.add(broken);
      expect(errors(after), fix.title).toBeLessThanOrEqual(errors(diagnostics));
    }

    writeFileSync(file, text);
    const io = fakeIo({ cwd: folder });
    const words = [
      'check',
      'x.adapter.json',
      ...(broken.variant === undefined ? [] : ['--variant', broken.variant]),
    ];
    const exit = await commandLine([...words, ...(broken.sets ?? []).flatMap((set) => ['--set', set])], io);
    expect(io.outText().split('\n')).toContain(describeDiagnostic(found, 'x.adapter.json'));
    expect(exit).toBe(errors(diagnostics) > 0 ? 2 : 0);
  });
});

test('there are sixty and more, and each rule of the sources is among them', () => {
  expect(allBroken.length).toBeGreaterThanOrEqual(60);
  const listed = new Set([...allBroken, ...ofClassifiers].map(({ code }) => code));
  const written = new Set<string>();
  for (const path of filesUnder('runtime/config', '.ts').filter((name) => !name.includes('/import/'))) {
    const source = readFileSync(join(root, path), 'utf8');
    for (const [statement] of source.matchAll(
      /\bcode:\s[^;\n]*|\brefuse\(\s*'[a-z-]+'|new UserError\(\s*'[a-z-]+'/g,
    ))
      for (const [, code] of statement.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)) written.add(code!);
  }
  expect(written.size).toBeGreaterThan(40);
  // read from a file on disk, of which an editor has the text already
  written.delete('invalid-utf8');
  // of an edit that a person asks for, in a config whose check says the same by its type
  written.delete('rows-unreadable');
  expect([...written].filter((code) => !listed.has(code))).toEqual([]);
});

test('most of them have a fix', () => {
  expect(mended.size).toBeGreaterThan(70);
});
