/** @file `import FILE`: a config of another tool becomes an *.adapter.json, with what mapped and what did not. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { importConfig } from '../config/import/importConfig.ts';
import { readConfigText } from '../config/read.ts';
import { exitCodes, UserError } from '../contract/errors.ts';
import { shellWord } from '../contract/format.ts';
import { writeText } from '../formats/textFile.ts';
import { shownPath } from './check.ts';
import { jsonOption } from './command.ts';
import type { Command } from './command.ts';
import { renderFacts } from './table.ts';
import { printable } from './terminal.ts';

/** `configs/qwen.yaml` -> `configs/qwen.adapter.json`. */
const besides = (file: string): string =>
  join(dirname(file), `${basename(file).replace(/[.](ya?ml|json)$/i, '')}.adapter.json`);

export const importCommand: Command = {
  name: 'import',
  summary: "Turn another tool's config into one of ours.",
  usage: 'FILE [--out FILE] [--json]',
  about:
    "Reads axolotl, LLaMA-Factory, TRL (its command line) and Unsloth Studio configs, and PEFT's adapter_config.json. What has no counterpart is listed with the reason, here and in the file. An existing file is never replaced.",
  example: 'adapter-workbench import qlora.yml --out tickets.adapter.json',
  options: {
    out: { type: 'text', value: 'FILE', doc: 'The config to write; beside FILE where absent.' },
    json: jsonOption,
  },
  positionals: [1, 1],
  run: (args, io) => {
    const file = resolve(io.cwd, args.positionals[0]!);
    const out = args.text('out');
    const target = out === undefined ? besides(file) : resolve(io.cwd, out);
    const { tool, text, mapped, unmapped } = importConfig(file, readConfigText(file), dirname(target));
    if (existsSync(target))
      throw new UserError('file-exists', 'exists already, and is not replaced.', {
        place: { file: target },
        hint: 'Name another one with --out.',
      });
    writeText(target, text);
    if (args.flag('json')) {
      io.out(`${JSON.stringify({ event: 'imported', tool, file: target, mapped, unmapped })}\n`);
      return exitCodes.done;
    }
    const line = (words: string): void => {
      io.out(`${printable(words)}\n`);
    };
    const facts = (rows: readonly (readonly [string, string])[]): void => {
      for (const row of renderFacts(
        rows.map(([name, value]) => [printable(name), printable(value)]),
        io.columns,
      ))
        io.out(`${row}\n`);
    };
    line(`A config of ${tool}.`);
    facts(
      mapped
        .filter(({ to }) => to !== '')
        .map(({ from, to, note }) => [from, `${to}${note === undefined ? '' : ` (${note})`}`]),
    );
    if (unmapped.length > 0) {
      line('Without a counterpart:');
      facts(unmapped.map(({ key, reason }) => [key, reason]));
    }
    const same = mapped.filter(({ to }) => to === '').map(({ from }) => from);
    if (same.length > 0) facts([['Holds here anyway', same.join(', ')]]);
    const shown = shownPath(target, io.cwd);
    line(`Wrote ${shown}. Next: adapter-workbench check ${shellWord(shown)}`);
    return exitCodes.done;
  },
};
