/** @file Memory that a run will need, from shapes alone, and whether this machine has it. */
import { totalmem } from 'node:os';
import type { ResolvedConfig } from '../contract/config.ts';
import { formatBytes } from '../contract/format.ts';
import type { Adapted } from '../model/adapted.ts';
import { estimateMemory, HEAD_ROWS, largestBatch } from '../train/estimate.ts';
import type { MemoryEstimate } from '../train/estimate.ts';
import { optimizers } from '../train/optimizers/index.ts';
import type { OpenedBase } from './bases.ts';
import type { DataFacts } from './dataFacts.ts';
import { fix } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Origin } from './located.ts';

export interface MemoryNeed extends MemoryEstimate {
  /** Rows were not read yet: each was taken to fill `data.length`, so that this is the most it can be. */
  readonly atMost: boolean;
}

/** Bytes that a process may have here: the container's limit where there is one. */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Estimates by what decides them: the same numbers are asked for at each pause in typing. */
export class MemoryNeeds {
  readonly #known = new Map<string, MemoryEstimate>();
  /** Bases of which an estimate was made: the first one describes all graphs with cold code, a third of a second. */
  readonly #seen = new Set<string>();
  readonly #later: ((work: () => void) => void) | undefined;

  /** With `later` the first estimate of a base is not made at once: it is handed over, and known when it is asked for again. */
  constructor(later?: (work: () => void) => void) {
    this.#later = later;
  }

  /** `facts` give the lengths of the longest rows. Undefined where the estimate comes later. */
  of(
    config: ResolvedConfig,
    base: OpenedBase,
    adapted: Adapted,
    facts: DataFacts | undefined,
  ): MemoryNeed | undefined {
    const lengths = batchLengths(config, base, facts);
    const options = [...adapted.linears].map(([path, { method, options: own }]) => [path, method.kind, own]);
    const { memory: policy, training } = config;
    const { path, stamp, spec } = base;
    const shape = [
      path,
      stamp,
      lengths,
      policy,
      training.optimizer,
      training.samples,
      options,
      [...adapted.saved],
    ];
    const key = JSON.stringify(shape);
    const estimate = (): MemoryEstimate => {
      const made = estimateMemory({
        spec,
        adapted,
        policy,
        lengths,
        headRows: HEAD_ROWS,
        ...(facts?.labelled !== undefined && { labelled: facts.labelled }),
        stateVectors: optimizers[training.optimizer].state.length,
        samples: training.samples,
      });
      if (this.#known.size >= kept) this.#known.clear();
      this.#known.set(key, made);
      this.#seen.add(`${path}\n${stamp}`);
      return made;
    };
    const known = this.#known.get(key);
    if (known === undefined && this.#later !== undefined && !this.#seen.has(`${path}\n${stamp}`)) {
      this.#later(estimate);
      return undefined;
    }
    return { ...(known ?? estimate()), atMost: facts?.lengths === undefined };
  }
}

const kept = 64;
/** A micro-batch of more rows needs more than any machine has; the estimate's own cost grows with them. */
const mostRows = 100_000;

/** Token counts of the largest micro-batch: of the longest rows where they are known. */
function batchLengths(
  { training, data }: ResolvedConfig,
  { spec }: OpenedBase,
  facts: DataFacts | undefined,
): number[] {
  const longest = Math.min(data.length, spec.maxPositions);
  const known = facts?.lengths;
  if (known !== undefined)
    return largestBatch(training, { rows: known.length, length: (row) => Math.min(known[row]!, longest) });
  const rows = training.tokens === undefined ? training.batch : Math.ceil(training.tokens / longest);
  return largestBatch(training, { rows: Math.min(rows, mostRows), length: () => longest });
}

/** What `train` refuses before it loads anything, or may refuse once it has read the rows. */
export function memoryFinding(
  config: ResolvedConfig,
  need: MemoryNeed,
  at: (path: readonly string[]) => Origin,
  there = machineMemory(),
): Finding | undefined {
  if (need.total <= there) return undefined;
  const { training, memory } = config;
  const key = training.tokens === undefined ? 'batch' : 'tokens';
  const rows = need.atMost ? ' if rows fill "data.length"' : '';
  const smaller = Math.max(1, Math.floor(training[key]! / 2));
  const place = at(['training', key]);
  return {
    severity: need.atMost ? 'warning' : 'error',
    code: need.atMost ? 'memory-tight' : 'out-of-memory',
    message: `The run needs about ${formatBytes(need.total)}${rows}, this machine has ${formatBytes(there)}: activations ${formatBytes(need.activations)}, weights ${formatBytes(need.weights)}, working ${formatBytes(need.working)}.`,
    at: place,
    hint: `${memory === 'low' ? 'Lower' : 'Set "memory" to "low", or lower'} training.${key} or data.length.`,
    fixes: [
      ...(memory === 'low'
        ? []
        : [fix('Keep less in memory', { kind: 'put', at: place, path: ['memory'], value: 'low' })]),
      ...(smaller === training[key]
        ? []
        : [
            fix(`Lower "${key}" to ${smaller}`, {
              kind: 'put',
              at: place,
              path: ['training', key],
              value: smaller,
            }),
          ]),
    ],
  };
}
