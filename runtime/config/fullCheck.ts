/** @file The check with the base's headers read and the facts of the data: what `check`, `train` and the editor ask. */
import { isAbsolute } from 'node:path';
import type { StepTime } from '../contract/api/config.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { describePlace, UserError } from '../contract/errors.ts';
import { hasErrors } from '../contract/diagnostic.ts';
import type { Diagnostic } from '../contract/diagnostic.ts';
import type { Adapted } from '../model/adapted.ts';
import { adaptedFromConfig } from './attachments.ts';
import { stepAdvice } from './advice.ts';
import type { AdapterSummary } from './baseShape.ts';
import { Bases } from './bases.ts';
import type { OpenedBase } from './bases.ts';
import { checkConfig, mergeChecks } from './check.ts';
import type { CheckedConfig } from './check.ts';
import { checkAgainstBase } from './checkBase.ts';
import { checkContinued } from './checkContinued.ts';
import { checkSmallerBase } from './checkSmallerBase.ts';
import { checkData, stepsOf } from './checkData.ts';
import { readDataFacts, Tokenizers } from './dataFacts.ts';
import type { DataFacts } from './dataFacts.ts';
import type { Finding } from './finding.ts';
import type { Origin } from './located.ts';
import { memoryFinding, MemoryNeeds } from './memory.ts';
import type { MemoryNeed } from './memory.ts';
import type { View } from './resolve.ts';
import { changesShapes, stepTime } from './stepTime.ts';
import type { Speeds } from './stepTime.ts';
import { variantFindings } from './variantAdvice.ts';

export interface FullCheck extends CheckedConfig {
  /** What the adapter comes to; absent where the base couldn't be read. */
  readonly summary?: AdapterSummary;
  readonly memory?: MemoryNeed;
  readonly steps?: number;
  readonly stepTime?: StepTime;
  readonly facts?: DataFacts;
}

/** What checks know beside the text. One for a whole window keeps headers and estimates between two pauses in typing. */
export interface Knowledge {
  readonly bases: Bases;
  readonly memory: MemoryNeeds;
  /** Facts of a config's data that were read before; undefined while they are not there. */
  readonly facts: (config: ResolvedConfig, base: OpenedBase) => DataFacts | undefined;
  /** What was measured here; absent where nobody asks for times. */
  readonly speeds?: Speeds;
}

/** Knows nothing of the data, and forgets the base afterwards. */
export const freshKnowledge = (facts: Knowledge['facts'] = () => undefined): Knowledge => ({
  bases: new Bases(),
  memory: new MemoryNeeds(),
  facts,
});

/** Checks one view of a config's text, its method against the base where that lies on this machine, and the data where it is known. */
export function fullCheck(
  text: string,
  file: string,
  view: View = {},
  known: Knowledge = freshKnowledge(),
): FullCheck {
  const checked = checkConfig(text, file, view);
  const { draft: config } = checked;
  // a hub id is no path of this machine
  if (config === undefined || !isAbsolute(config.base) || errorAt(checked, checked.at(['base'])))
    return checked;
  const base = known.bases.open(config.base);
  if (base instanceof UserError) {
    const where = describePlace(base.place);
    const message = `The base can't be read: ${where === '' ? '' : `${where}: `}${base.message}`;
    const at = checked.at(['base']);
    return withFindings(checked, [{ severity: 'error', code: base.code, message, hint: base.hint, at }]);
  }
  const fitted = fitTo(config, base, checked);
  const withBase = { ...withFindings(checked, fitted.findings), ...summaryOf(fitted.summary) };
  return fitted.adapted === undefined || withBase.config === undefined
    ? withBase
    : withCosts(withBase, base, fitted.adapted, known);
}

interface Fitted {
  readonly findings: readonly Finding[];
  readonly summary?: AdapterSummary;
  readonly adapted?: Adapted;
}

const summaryOf = (summary: AdapterSummary | undefined): { readonly summary?: AdapterSummary } =>
  summary === undefined ? {} : { summary };

/** The method on this base, or the adapter that is continued: that has its own linears and ranks. */
function fitTo(config: ResolvedConfig, base: OpenedBase, checked: CheckedConfig): Fitted {
  if (config.method.from !== undefined)
    return errorAt(checked, checked.at(['method', 'from']))
      ? { findings: [] }
      : checkContinued(config.method.from, config.method.kind, base, checked);
  const { findings: onLinears, summary } = checkAgainstBase(config, base.shape, checked);
  const findings = [...onLinears, ...checkSmallerBase(config, base, checked)];
  const wrong = findings.some(({ severity }) => severity === 'error') || hasErrors(checked.diagnostics);
  if (wrong || summary === undefined) return { findings, ...summaryOf(summary) };
  return { findings, summary, adapted: adaptedFromConfig(config.method, config.training, base.spec) };
}

/** Adds what rows and memory say; only for a config without errors. */
function withCosts(checked: FullCheck, base: OpenedBase, adapted: Adapted, known: Knowledge): FullCheck {
  const config = checked.config!;
  const facts = known.facts(config, base);
  const memory = known.memory.of(config, base, adapted, facts);
  const steps = stepsOf(config, facts);
  const { at, summary } = checked;
  const { speeds } = known;
  const time =
    summary === undefined || facts === undefined || speeds === undefined
      ? undefined
      : stepTime(
          config,
          base.spec,
          summary,
          facts,
          changesShapes(config.method) ? { runs: speeds.runs } : speeds,
        );
  const findings = [
    ...(facts === undefined ? [] : checkData(config, facts, base.spec.maxPositions, at)),
    ...(steps === undefined || config.training.steps !== undefined
      ? []
      : stepAdvice(config, { at, gives: checked.gives }, steps)),
  ];
  // without a look at the rows nothing can be said but a ceiling that few runs come near
  const tight = facts === undefined || memory === undefined ? undefined : memoryFinding(config, memory, at);
  return {
    ...withFindings(checked, tight === undefined ? findings : [...findings, tight]),
    ...summaryOf(summary),
    ...(memory === undefined ? {} : { memory }),
    ...(steps === undefined ? {} : { steps }),
    ...(time === undefined ? {} : { stepTime: time }),
    ...(facts === undefined ? {} : { facts }),
  };
}

/** An error was reported at this very place. */
function errorAt({ diagnostics }: CheckedConfig, at: Origin): boolean {
  return diagnostics.some(
    ({ severity, range, source }) =>
      severity === 'error' && ('set' in at ? source === `--set ${at.set}` : range?.offset === at.offset),
  );
}

/** With more findings, but for those where a mistake was found before: a default stood in for it. */
function withFindings(checked: CheckedConfig, findings: readonly Finding[]): FullCheck {
  const said = (code: string, message: string): boolean =>
    checked.diagnostics.some((one) => one.code === code && one.message === message);
  const found = findings
    .filter(({ at, code, message }) => !errorAt(checked, at) && !said(code, message))
    .map(checked.diagnose);
  const { config, ...rest } = checked;
  const diagnostics: readonly Diagnostic[] = [...checked.diagnostics, ...found];
  return { ...rest, diagnostics, ...(config === undefined || hasErrors(found) ? {} : { config }) };
}

export interface AllChecks {
  /** Of the file and all its variants; what several share is said once. Sorted by place. */
  readonly diagnostics: readonly Diagnostic[];
  /** The file as it is (no variant), then each variant. */
  readonly views: readonly (FullCheck & { readonly variant?: string })[];
}

/** Checks the file and each of its variants. */
export function fullCheckAll(text: string, file: string, known: Knowledge = freshKnowledge()): AllChecks {
  const first = fullCheck(text, file, {}, known);
  const variants = first.variants.map((variant) => ({
    ...fullCheck(text, file, { variant }, known),
    variant,
  }));
  const views = [first, ...variants];
  const about = variantFindings(views).map(first.diagnose);
  return { diagnostics: mergeChecks([first, ...variants, { ...first, diagnostics: about }]), views };
}

/** Reads the facts of the data that these views name, each once; `known` gives them from then on. */
export async function knowData(views: AllChecks['views'], known: Knowledge): Promise<Knowledge> {
  const tokenizers = new Tokenizers();
  const read = new Map<string, DataFacts>();
  for (const { config } of views) {
    if (config === undefined) continue;
    const base = known.bases.open(config.base);
    const key = factsName(config);
    if (base instanceof UserError || read.has(key)) continue;
    read.set(key, await readDataFacts(config, base, tokenizers));
  }
  return { ...known, facts: (config) => read.get(factsName(config)) };
}

const factsName = ({ base, data, output }: ResolvedConfig): string => JSON.stringify([base, data, output]);
