/** @file Help texts: the list of commands, one command, and the keys of a config file. */
import { methodKeys, options, variantsDoc } from '../config/options.ts';
import type { Keys, OptionSpec } from '../contract/optionSpec.ts';
import { version } from '../contract/version.ts';
import { helpOption } from './command.ts';
import type { CliOption, Command } from './command.ts';
import { renderFacts } from './table.ts';
import { wrap } from './terminal.ts';

const name = 'adapter-workbench';
const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`.trimEnd());

/** The list of commands. */
export function generalHelp(
  summaries: Readonly<Record<string, { readonly summary: string; readonly internal?: true }>>,
  columns: number,
): string {
  const list = Object.entries(summaries).flatMap(([command, { summary, internal }]) =>
    internal ? [] : [[command, summary] as const],
  );
  return [
    `${name} ${version}: train and check LoRA adapters on this machine`,
    '',
    `Usage: ${name} COMMAND ...`,
    '',
    ...indent(renderFacts(list, columns - 2)),
    '',
    `${name} COMMAND --help   shows a command's options`,
    `${name} help config      shows the keys of a config file`,
    '',
    'Exit codes: 0 done, 1 failed after it began (a run can be resumed), 2 refused before, 130 stopped.',
    '',
  ].join('\n');
}

const optionWords = (option: string, { type, value = 'TEXT', short }: CliOption): string =>
  `${short === undefined ? '' : `-${short}, `}--${option}${type === 'flag' ? '' : ` ${value}`}`;

/** One command: usage, options, example. */
export function commandHelp(command: Command, columns: number): string {
  const listed = Object.entries({ ...command.options, help: helpOption }).map(
    ([option, spec]) => [optionWords(option, spec), spec.doc] as const,
  );
  return [
    command.summary,
    '',
    `Usage: ${name} ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...(command.about === undefined
      ? []
      : [...command.about.split('\n').flatMap((line) => wrap(line, columns)), '']),
    ...indent(renderFacts(listed, columns - 2)),
    '',
    `Example: ${command.example}`,
    '',
  ].join('\n');
}

/** What an option reads and what it is where it is left out. */
function optionFacts(key: string, spec: OptionSpec): readonly [string, string] {
  const oneOf = spec.type === 'string' && spec.oneOf !== undefined ? ` One of ${spec.oneOf.join(', ')}.` : '';
  const usual =
    spec.required === true
      ? ' Required.'
      : 'default' in spec
        ? ` Default ${JSON.stringify(spec.default)}.`
        : '';
  return [key, `${spec.doc}${oneOf}${usual}`];
}

/** The keys of a config file. */
export function configHelp(columns: number): string {
  const keys: Keys = { ...options, method: { ...options.method, keys: methodKeys(undefined) } };
  const lines = ['A config file (*.adapter.json) is JSON with comments. Its keys:', ''];
  for (const [key, spec] of Object.entries(keys)) {
    const [, words] = optionFacts(key, spec);
    if (spec.type !== 'section') lines.push(...renderFacts([[key, words]], columns));
    else {
      const inner = Object.entries(spec.keys).map(([one, innerSpec]) => optionFacts(one, innerSpec));
      lines.push('', `${key}: ${words}`, ...indent(renderFacts(inner, columns - 2)), '');
    }
  }
  return [...lines, ...renderFacts([['variants', variantsDoc]], columns), ''].join('\n');
}
