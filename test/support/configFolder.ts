/** @file A folder with the files that configs of tests name, and a short form of what a check says. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkAllVariants, checkConfig } from '../../runtime/config/check.ts';
import type { View } from '../../runtime/config/resolve.ts';
import { temporaryFolder } from './temporary.ts';

export interface ConfigFolder {
  readonly folder: string;
  /** Path of the config, which need not be there. */
  readonly file: string;
  /** Base and data of a good config, without the braces. */
  readonly minimal: string;
  /** Each diagnostic as `severity code "text it points at"` or `--set ...`; all variants where no view is given. */
  readonly problems: (text: string, view?: View) => string[];
  readonly hints: (text: string) => (string | undefined)[];
}

export function configFolder(): ConfigFolder {
  const folder = temporaryFolder();
  const file = join(folder, 'a.adapter.json');
  mkdirSync(join(folder, 'models'));
  mkdirSync(join(folder, 'adapter'));
  for (const name of [
    'base.gguf',
    'rows.jsonl',
    'valid.jsonl',
    'chat.jinja',
    'old.bin',
    'adapter/adapter_config.json',
  ])
    writeFileSync(join(folder, name), '');
  return {
    folder,
    file,
    minimal: '"base": "base.gguf", "data": { "train": "rows.jsonl" }',
    problems: (text, view) => {
      const { diagnostics } =
        view === undefined ? checkAllVariants(text, file) : checkConfig(text, file, view);
      return diagnostics.map(({ severity, code, range, source }) => {
        const at = range === undefined ? source : text.slice(range.offset, range.offset + range.length);
        return `${severity} ${code} ${at ?? ''}`;
      });
    },
    hints: (text) => checkAllVariants(text, file).diagnostics.map(({ hint }) => hint),
  };
}
