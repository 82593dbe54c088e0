/** @file The check with the base's headers read: what `check`, `train` and the editor ask. */
import { isAbsolute } from 'node:path';
import { describePlace, UserError } from '../contract/errors.ts';
import { hasErrors } from '../contract/diagnostic.ts';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { linearsOf } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { specTensors } from '../model/specTensors.ts';
import { checkConfig, mergeChecks } from './check.ts';
import type { CheckedConfig } from './check.ts';
import { checkAgainstBase } from './checkBase.ts';
import type { AdapterSummary, BaseShape } from './checkBase.ts';
import type { Origin } from './located.ts';
import type { View } from './resolve.ts';

export interface FullCheck extends CheckedConfig {
  /** What the adapter comes to; absent where the base couldn't be read. */
  readonly summary?: AdapterSummary;
}

/** What a decoder offers to an adapter. */
export function baseShape(spec: DecoderSpec): BaseShape {
  const head = spec.names.head.path;
  const modules = specTensors(spec).map(({ name }) => name.slice(0, name.lastIndexOf('.')));
  return {
    linears: linearsOf(spec),
    modules: [...new Set([...modules, head])],
    head,
    positions: spec.maxPositions,
  };
}

/** Shapes of bases by path: several variants of a file share one base, whose headers are read once. */
export type BaseShapes = Map<string, BaseShape | UserError>;

function shapeOf(path: string, known: BaseShapes): BaseShape | UserError {
  const found = known.get(path) ?? readShape(path);
  known.set(path, found);
  return found;
}

export function readShape(path: string): BaseShape | UserError {
  try {
    const base = openBase(path);
    base.tensors.close();
    return baseShape(base.spec);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Checks one view of a config's text, and its method against the base where that lies on this machine. */
export function fullCheck(
  text: string,
  file: string,
  view: View = {},
  known: BaseShapes = new Map(),
): FullCheck {
  const checked = checkConfig(text, file, view);
  const { draft: config } = checked;
  // a hub id is no path of this machine
  if (config === undefined || !isAbsolute(config.base) || errorAt(checked, checked.at(['base'])))
    return checked;
  const shape = shapeOf(config.base, known);
  if (shape instanceof UserError) {
    const where = describePlace(shape.place);
    const message = `The base can't be read: ${where === '' ? '' : `${where}: `}${shape.message}`;
    const finding = {
      severity: 'error' as const,
      code: shape.code,
      message,
      hint: shape.hint,
      at: checked.at(['base']),
    };
    return withoutConfig(checked, [checked.diagnose(finding)]);
  }
  // an adapter that is continued has its own linears and ranks
  if (config.method.from !== undefined) return checked;
  const { findings, summary } = checkAgainstBase(config, shape, checked.at);
  // where a mistake was found before, a default stood in for it
  const said = (code: string, message: string): boolean =>
    checked.diagnostics.some((one) => one.code === code && one.message === message);
  const found = findings
    .filter(({ at, code, message }) => !errorAt(checked, at) && !said(code, message))
    .map(checked.diagnose);
  if (hasErrors(found)) return withoutConfig(checked, found);
  return {
    ...checked,
    diagnostics: [...checked.diagnostics, ...found],
    ...(summary === undefined ? {} : { summary }),
  };
}

/** An error was reported at this very place. */
function errorAt({ diagnostics }: CheckedConfig, at: Origin): boolean {
  return diagnostics.some(
    ({ severity, range, source }) =>
      severity === 'error' && ('set' in at ? source === `--set ${at.set}` : range?.offset === at.offset),
  );
}

function withoutConfig({ config: _, ...checked }: CheckedConfig, more: readonly Diagnostic[]): FullCheck {
  return { ...checked, diagnostics: [...checked.diagnostics, ...more] };
}

export interface AllChecks {
  /** Of the file and all its variants; what several share is said once. Sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** The file as it is (no variant), then each variant. */
  readonly views: readonly (FullCheck & { readonly variant?: string })[];
}

/** Checks the file and each of its variants. */
export function fullCheckAll(text: string, file: string): AllChecks {
  const known: BaseShapes = new Map();
  const first = fullCheck(text, file, {}, known);
  const views = [
    first,
    ...first.variants.map((variant) => ({ ...fullCheck(text, file, { variant }, known), variant })),
  ];
  return { diagnostics: mergeChecks(views), views };
}
