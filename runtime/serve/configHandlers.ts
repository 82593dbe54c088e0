/** @file What `serve` answers about configs: the check of a text, and what an editor shows beside it. */
import { dirname, isAbsolute, join } from 'node:path';
import type { ConfigApi, ConfigReport, ConfigView } from '../contract/api/config.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import type { TextRange } from '../contract/diagnostic.ts';
import { UserError } from '../contract/errors.ts';
import type { ServeEvents } from '../contract/protocol.ts';
import type { RunSummary } from '../contract/api/runs.ts';
import { Bases } from '../config/bases.ts';
import type { OpenedBase } from '../config/bases.ts';
import { editor } from '../config/edits.ts';
import { factsKey, readDataFacts, Tokenizers } from '../config/dataFacts.ts';
import type { DataFacts } from '../config/dataFacts.ts';
import { fullCheckAll } from '../config/fullCheck.ts';
import type { AllChecks, FullCheck, Knowledge } from '../config/fullCheck.ts';
import { machineMemory, MemoryNeeds } from '../config/memory.ts';
import { rangeFinder } from '../config/ranges.ts';
import { completeAt } from '../config/completions.ts';
import { hoverAt } from '../config/hover.ts';
import { freeName, otherMethods } from '../config/otherMethods.ts';
import type { Speeds } from '../config/stepTime.ts';
import { importConfig } from '../config/import/importConfig.ts';
import type { Answers, Emit } from './answers.ts';
import { KnownSpeeds } from './speeds.ts';
import { suggestedRate } from './suggestedRate.ts';

/** Facts of data files that are kept: a window edits a few configs with a few variants. */
const keptFacts = 64;

/** Reads facts in the background, one config after the other, and tells when they are there. */
class FactsReader {
  readonly #known = new Map<string, DataFacts>();
  readonly #wanted = new Map<string, { config: ResolvedConfig; base: OpenedBase; paths: Set<string> }>();
  readonly #tokenizers = new Tokenizers();
  readonly #abort = new AbortController();
  readonly #emit: Emit<ServeEvents>;
  #reading = false;

  constructor(emit: Emit<ServeEvents>) {
    this.#emit = emit;
  }

  /** Forgets what was wanted for an earlier text of this file. */
  leave(path: string): void {
    for (const [key, { paths }] of this.#wanted) {
      paths.delete(path);
      if (paths.size === 0) this.#wanted.delete(key);
    }
  }

  /** What is known by now; else it will be read, and `path` is told. */
  of(config: ResolvedConfig, base: OpenedBase, path: string): DataFacts | undefined {
    const key = factsKey(config);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const wanted = this.#wanted.get(key) ?? { config, base, paths: new Set() };
    wanted.paths.add(path);
    this.#wanted.set(key, wanted);
    // the answer to the question that brought us here goes first
    setImmediate(() => void this.#read());
    return undefined;
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (;;) {
        const [next] = this.#wanted;
        if (next === undefined || this.#abort.signal.aborted) return;
        const [key, { config, base }] = next;
        const facts = await readDataFacts(config, base, this.#tokenizers, this.#abort.signal);
        // who asks now, which may be for a newer text than the one that began this reading
        const paths = this.#wanted.get(key)?.paths ?? [];
        this.#wanted.delete(key);
        if (this.#known.size >= keptFacts) this.#known.clear();
        this.#known.set(key, facts);
        for (const path of paths) this.#emit('config/refreshed', { path });
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.#reading = false;
    }
  }

  dispose(): void {
    this.#abort.abort();
  }
}

export interface ConfigAnswers extends Answers<ConfigApi> {
  /** Runs or devices may tell something new about the time of a step. */
  readonly measured: () => void;
}

/** Texts that are told when something was measured: a window edits a few. */
const keptPaths = 64;

function openedBase(bases: Bases, { draft }: FullCheck): OpenedBase | undefined {
  if (draft === undefined || !isAbsolute(draft.base)) return undefined;
  const base = bases.open(draft.base);
  return base instanceof UserError ? undefined : base;
}

export function configHandlers(
  emit: Emit<ServeEvents>,
  runs: () => readonly RunSummary[] = () => [],
): ConfigAnswers {
  const facts = new FactsReader(emit);
  const speeds = new KnownSpeeds(runs);
  const paths = new Set<string>();
  const measured = async (): Promise<void> => {
    if (paths.size === 0 || !(await speeds.refresh())) return;
    for (const path of paths) emit('config/refreshed', { path });
  };
  let asked = '';
  const later = (work: () => void): void => {
    const path = asked;
    setImmediate(() => {
      work();
      emit('config/refreshed', { path });
    });
  };
  const shared = { bases: new Bases(), memory: new MemoryNeeds(later) };
  let last:
    | {
        readonly path: string;
        readonly text: string;
        readonly speeds: Speeds;
        readonly checks: AllChecks;
      }
    | undefined;
  /** Who comes from a check of the same text gets its result; files may have changed since, so that a check looks anew. */
  const checked = (path: string, text: string): AllChecks => {
    if (
      last?.path === path &&
      last.text === text &&
      last.speeds === speeds.known &&
      last.checks.views.every(({ facts: known, memory }) => known !== undefined && memory !== undefined)
    )
      return last.checks;
    return check(path, text);
  };
  const check = (path: string, text: string): AllChecks => {
    facts.leave(path);
    asked = path;
    const known: Knowledge = {
      ...shared,
      facts: (config, base) => facts.of(config, base, path),
      speeds: speeds.known,
    };
    const checks = fullCheckAll(text, path, known);
    last = { path, text, speeds: speeds.known, checks };
    if (paths.size >= keptPaths) paths.clear();
    if (!paths.has(path)) {
      paths.add(path);
      // the answer to the question that brought us here goes first
      setImmediate(() => void measured());
    }
    return checks;
  };
  const baseOf = (view: FullCheck) => openedBase(shared.bases, view);
  return {
    dispose: () => {
      facts.dispose();
      paths.clear();
    },
    measured: () => void measured(),
    handlers: {
      'config/check': ({ path, text }) => reportOf(check(path, text), path, text),
      'config/hover': ({ path, text, offset }) => {
        const { views } = checked(path, text);
        return hoverAt(text, offset, views, baseOf, rateOf(views, path)) ?? null;
      },
      'config/complete': ({ path, text, offset }) => {
        const { views } = checked(path, text);
        const viewOf = (name: string | undefined) =>
          views.find(({ variant }) => variant === name) ?? views[0];
        return completeAt(text, offset, path, viewOf, baseOf) ?? null;
      },
      'config/methods': ({ path, text }) => otherMethods(text, checked(path, text).views[0]),
      'config/import': ({ path, text }) => importConfig(path, text),
    },
  };
}

function reportOf({ diagnostics, views }: AllChecks, path: string, text: string): ConfigReport {
  const range = rangeFinder(text);
  const rate = rateOf(views, path);
  return {
    diagnostics,
    views: views.map((view) => viewOf(view, range)),
    machineBytes: machineMemory(),
    ...proposals(views[0], text, rate),
  };
}

/** Changes that are offered beside those of the diagnostics. */
function proposals(
  first: AllChecks['views'][number] | undefined,
  text: string,
  rate: number | undefined,
): Pick<ConfigReport, 'setSuggestedRate' | 'addVariant'> {
  const draft = first?.draft;
  if (first === undefined || draft === undefined) return {};
  const edit = editor(text);
  const at = first.keyAt(['base']);
  const put = (title: string, path: readonly string[], value: unknown) =>
    edit({ title, changes: [{ kind: 'put', at, path, value }] });
  const { rank, alpha } = draft.method;
  const factor = rank > 1 ? 0.5 : 2;
  const smaller = { rank: factor * rank, ...(alpha === undefined ? {} : { alpha: factor * alpha }) };
  const halved = { method: { ...smaller, rank: Math.ceil(smaller.rank) } };
  const addVariant = put(
    'Add a variant',
    ['variants', freeName(first.variants, `rank ${halved.method.rank}`)],
    halved,
  );
  const suggested =
    rate === undefined || rate === draft.training.learningRate
      ? undefined
      : put(`Set the learning rate to ${rate}, as the finder suggests`, ['training', 'learningRate'], rate);
  return {
    ...(addVariant === undefined ? {} : { addVariant }),
    ...(suggested === undefined ? {} : { setSuggestedRate: suggested }),
  };
}

const rateOf = (views: AllChecks['views'], path: string): number | undefined =>
  suggestedRate(path, views[0]?.draft?.output ?? join(dirname(path), 'runs'));

/** The word at whose line's end a view's facts are shown: a variant's name, else "targets", "method" or "base". */
function anchorOf(view: AllChecks['views'][number], range: ReturnType<typeof rangeFinder>): TextRange {
  const { variant } = view;
  const place =
    variant !== undefined
      ? view.variantAt(variant)
      : view.gives('method', 'targets')
        ? view.keyAt(['method', 'targets'])
        : view.keyAt(view.givesSection('method') ? ['method'] : ['base']);
  return 'set' in place ? range(0, 0) : range(place.offset, place.length);
}

function viewOf(view: AllChecks['views'][number], range: ReturnType<typeof rangeFinder>): ConfigView {
  const { variant, summary, memory, steps, stepTime, facts, config } = view;
  const numbers = summary === undefined ? 0 : summary.parameters + summary.saved;
  return {
    ...(variant === undefined ? {} : { variant }),
    valid: config !== undefined,
    anchor: anchorOf(view, range),
    ...(summary === undefined
      ? {}
      : {
          adapter: {
            matched: summary.matched,
            linears: summary.linears,
            parameters: numbers,
            scales: [...new Set(summary.targets.map(({ scale }) => scale))].slice(0, 8),
            // adapters are written as float32
            bytes: 4 * (summary.stored + summary.saved),
          },
        }),
    ...(memory === undefined ? {} : { memory }),
    ...(steps === undefined ? {} : { steps }),
    ...(stepTime === undefined ? {} : { stepTime }),
    ...(facts?.rows === undefined || facts.longest === undefined || facts.percentile95 === undefined
      ? {}
      : {
          data: {
            rows: facts.rows,
            exact: facts.exact,
            longest: facts.longest,
            percentile95: facts.percentile95,
          },
        }),
  };
}
