/** @file Files that a config names: what is missing gets the nearest name, what is of the wrong kind is said. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configFolder } from '../../support/configFolder.ts';

const { folder, problems, hints } = configFolder();

describe('files', () => {
  const at = (base: string, data: string, more = ''): string =>
    `{ "base": ${base}, "data": { ${data} }${more} }`;
  test('what is missing gets the nearest name', () => {
    const text = at('"bas.gguf"', '"train": "row.jsonl", "template": "nowhere/x.jinja"');
    expect(problems(text)).toEqual([
      'error base-missing "bas.gguf"',
      'error file-missing "row.jsonl"',
      'error file-missing "nowhere/x.jinja"',
    ]);
    expect(hints(text).slice(0, 2)).toEqual(['Did you mean "base.gguf"?', 'Did you mean "rows.jsonl"?']);
    expect(hints(text)[2]).toContain(folder);
  });

  test('a link to nothing is not proposed in its own place', () => {
    symlinkSync(join(folder, 'nothing'), join(folder, 'dangling.jsonl'));
    expect(hints(at('"base.gguf"', '"train": "dangling.jsonl"'))[0]).toContain(folder);
  });

  test('a folder where a file is wanted, a pickle, a folder that is no adapter, a path that only looks like a hub id', () => {
    expect(problems(at('"old.bin"', '"train": "models"'))).toEqual([
      'error pickle-refused "old.bin"',
      'error not-a-file "models"',
    ]);
    expect(problems(at('"models/tiny"', '"train": "rows.jsonl"'))).toEqual([
      'error base-missing "models/tiny"',
    ]);
    expect(
      problems(
        at(
          '"base.gguf"',
          '"train": "rows.jsonl"',
          ', "method": { "from": "models" }, "output": "rows.jsonl"',
        ),
      ),
    ).toEqual(['error adapter-missing "models"', 'error not-a-folder "rows.jsonl"']);
    expect(problems(at('"base.gguf"', '"train": "rows.jsonl"', ', "method": { "from": "adapter" }'))).toEqual(
      [],
    );
  });
});
