/** @file `check FILE`: every mistake with its line and column, and what the adapter comes to. */
import { relative, resolve } from 'node:path';
import { freshKnowledge, fullCheck, fullCheckAll, knowData } from '../config/fullCheck.ts';
import type { AllChecks, FullCheck, Knowledge } from '../config/fullCheck.ts';
import { readConfigText } from '../config/read.ts';
import { describeDiagnostic, hasErrors } from '../contract/diagnostic.ts';
import type { Diagnostic, Severity } from '../contract/diagnostic.ts';
import { exitCodes } from '../contract/errors.ts';
import { formatCount, formatNumber } from '../contract/format.ts';
import { jsonOption, setOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { printable, styled } from './terminal.ts';
import type { Io } from './terminal.ts';

type CheckedView = FullCheck & { readonly variant?: string };

const colors: Readonly<Record<Severity, Parameters<typeof styled>[1]>> = {
  error: 'red',
  warning: 'yellow',
  information: 'blue',
  hint: 'dim',
};

/** One diagnostic as compilers print it; `shown` is the file's name in the message. */
export function diagnosticLine(diagnostic: Diagnostic, shown: string, io: Pick<Io, 'color'>): string {
  const { severity } = diagnostic;
  return printable(describeDiagnostic(diagnostic, shown)).replace(
    ` ${severity}: `,
    () => ` ${styled(io, severityStyle(severity), `${severity}:`)} `,
  );
}

const severityStyle = (severity: Severity): Parameters<typeof styled>[1] => colors[severity];

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `2 errors and 1 warning`. */
export function countWords(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Severity): number => diagnostics.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (errors + warnings === 0) return 'no errors';
  return [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : '']
    .filter((words) => words !== '')
    .join(' and ');
}

/** What a view's adapter comes to, in words; undefined where the base could not be read. */
export function summaryWords({ summary }: FullCheck): string | undefined {
  if (summary === undefined) return undefined;
  const { matched, linears, parameters, targets } = summary;
  const scales = [...new Set(targets.map(({ scale }) => formatNumber(scale)))];
  const scale =
    scales.length === 0 ? '' : ` · scale ${scales.slice(0, 3).join(', ')}${scales.length > 3 ? ', ...' : ''}`;
  return `matches ${matched} of ${linears} linears · +${formatCount(parameters)} parameters${scale}`;
}

function checkedViews(text: string, file: string, args: Arguments, known: Knowledge): AllChecks {
  const variant = args.text('variant');
  const sets = args.texts('set');
  if (variant === undefined && sets.length === 0) return fullCheckAll(text, file, known);
  const view = { ...(variant === undefined ? {} : { variant }), sets };
  const checked = fullCheck(text, file, view, known);
  return {
    diagnostics: checked.diagnostics,
    views: [{ ...checked, ...(variant === undefined ? {} : { variant }) }],
  };
}

/** A path as short as it is clear. */
export const shownPath = (path: string, cwd: string): string => {
  const near = relative(cwd, path);
  return near.startsWith('..') || near === '' ? path : near;
};

/** Twice: what the rows tell is read for the views that are right so far. */
async function run(args: Arguments, io: Io): Promise<number> {
  const file = resolve(io.cwd, args.positionals[0]!);
  const text = readConfigText(file);
  const fresh = freshKnowledge();
  const known = await knowData(checkedViews(text, file, args, fresh).views, fresh);
  const { diagnostics, views } = checkedViews(text, file, args, known);
  if (args.flag('json')) printJson(file, diagnostics, views, io);
  else printText(shownPath(file, io.cwd), diagnostics, views, io);
  return hasErrors(diagnostics) ? exitCodes.refused : exitCodes.done;
}

function printJson(
  file: string,
  diagnostics: readonly Diagnostic[],
  views: readonly CheckedView[],
  io: Io,
): void {
  const line = (value: object): void => {
    io.out(`${JSON.stringify(value)}\n`);
  };
  for (const diagnostic of diagnostics) line({ event: 'diagnostic', file, ...diagnostic });
  const count = (severity: Severity): number => diagnostics.filter((one) => one.severity === severity).length;
  line({
    event: 'checked',
    file,
    errors: count('error'),
    warnings: count('warning'),
    views: views.map(({ variant, config, summary }) => ({
      variant: variant ?? null,
      valid: config !== undefined,
      ...(summary === undefined
        ? {}
        : { matched: summary.matched, linears: summary.linears, parameters: summary.parameters }),
    })),
  });
}

function printText(
  shown: string,
  diagnostics: readonly Diagnostic[],
  views: readonly CheckedView[],
  io: Io,
): void {
  for (const diagnostic of diagnostics) io.out(`${diagnosticLine(diagnostic, shown, io)}\n`);
  for (const view of views) {
    const words = summaryWords(view);
    const name = view.variant === undefined ? '' : `, variant ${JSON.stringify(view.variant)}`;
    if (words !== undefined && view.config !== undefined) io.out(`${printable(shown + name)}: ${words}\n`);
  }
  io.out(`${printable(shown)}: ${countWords(diagnostics)}\n`);
}

export const check: Command = {
  name: 'check',
  summary: 'Check a config file: every mistake with its line and column.',
  usage: 'FILE [--variant NAME] [--set PATH=VALUE ...] [--json]',
  about:
    'Without --variant and --set the file and all its variants are checked, the headers of the base and the first rows of the data; train reads them all. Exit code 2 when there is an error.',
  example: 'adapter-workbench check tickets.adapter.json',
  options: {
    variant: { type: 'text', value: 'NAME', doc: 'Check this variant alone.' },
    set: setOption('this check'),
    json: jsonOption,
  },
  positionals: [1, 1],
  run,
};
