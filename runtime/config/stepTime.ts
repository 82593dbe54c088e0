/** @file How long a step will take: as a recorded run of the base did, else by the device's measured rate, else unsaid. Pure. */
import type { StepTime } from '../contract/api/config.ts';
import type { MethodConfig, ResolvedConfig } from '../contract/config.ts';
import type { RunSpeed } from '../contract/run.ts';
import { smallerBaseOf } from '../methods/index.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { wholeShapes } from '../model/prune/manifest.ts';
import { workPerToken } from '../train/flops.ts';
import type { AdapterSummary } from './baseShape.ts';
import type { DataFacts } from './dataFacts.ts';
import { providerOf } from './options.ts';

/** What was measured on this machine. */
export interface Speeds {
  /** Newest first. */
  readonly runs: readonly RunSpeed[];
  /** Of the CPU's matrix products, 10^9 operations a second; absent until a person has the devices looked at. */
  readonly gigaflops?: number;
}

/**
 * What training reaches of a bare product's rate on the CPU, adapters and attention counted: 0.52 on a base of 3 million numbers,
 * 0.71 on one of 135 million. On other devices the start of kernels counts too, and only a run can tell.
 */
const SHARE = 0.6;
/** Works within this factor are alike: the newest of such runs says it. */
const ALIKE = 1.25;

type Rows = Pick<DataFacts, 'rows' | 'meanLength' | 'labelled' | 'rowTokens'>;

/** Tokens of a full step; undefined while the rows are not known. */
export function tokensAStep(
  { training: { batch, tokens, accumulate } }: ResolvedConfig,
  { rows, meanLength }: Rows,
): number | undefined {
  if (rows === undefined || meanLength === undefined) return undefined;
  // whole rows fill a budget up to the row that no longer fits
  const filled = tokens === undefined ? batch * meanLength : Math.max(meanLength, tokens - meanLength / 2);
  return Math.min(accumulate * filled, rows * meanLength);
}

/** `spec` is what is trained on. Undefined where the rows are not known, or nothing was measured that tells. */
export function stepTime(
  config: ResolvedConfig,
  spec: DecoderSpec,
  { parameters, frozen, saved }: Pick<AdapterSummary, 'parameters' | 'frozen' | 'saved'>,
  rows: Rows,
  { runs, gigaflops }: Speeds,
): StepTime | undefined {
  const tokens = tokensAStep(config, rows);
  const { labelled, rowTokens } = rows;
  if (tokens === undefined || labelled === undefined || rowTokens === undefined) return undefined;
  const { memory } = config;
  const device = providerOf(config.device);
  // of an adapter's six operations, a module that is trained whole adds the two of its own gradient
  const adapter = parameters + saved / 3;
  const work = tokens * workPerToken(spec, { memory, labelled, rowTokens, adapter, frozen });
  const trained = trainedBase(config.method);
  const run = nearest(
    work,
    runs
      .filter(
        (one) => one.base === config.base && one.device === device && trainedBase(one.method) === trained,
      )
      .map((speed) => ({ speed, work: speed.tokens * workPerToken(spec, speed) })),
  );
  if (run !== undefined) {
    const { secondsPerToken, tokens: recorded, run: name } = run.speed;
    return { seconds: (secondsPerToken * recorded * work) / run.work, tokens, from: { run: name } };
  }
  if (gigaflops === undefined || device !== 'cpu') return undefined;
  return { seconds: work / (gigaflops * 1e9 * SHARE), tokens, from: { gigaflops } };
}

/** Whether the linears that are trained have other shapes than the base's: from these alone nothing follows for their time. */
export function changesShapes(method: MethodConfig): boolean {
  const smaller = smallerBaseOf(method);
  return smaller !== undefined && (smaller.pruned !== undefined || !wholeShapes(smaller.prune));
}

/** What is left of the base while a method trains, as text: the same for all that leave it whole. */
function trainedBase(method: MethodConfig): string {
  const smaller = smallerBaseOf(method);
  if (!smaller) return '';
  const { prune, ratio, firstLayers, lastLayers, pruned, quantization } = smaller;
  return JSON.stringify([prune, ratio, firstLayers, lastLayers, pruned, quantization]);
}

interface Recorded {
  readonly speed: RunSpeed;
  readonly work: number;
}

/** The run whose step was most like this one; of those that are alike the first. */
function nearest(work: number, runs: readonly Recorded[]): Recorded | undefined {
  const distance = (one: Recorded): number => {
    const factor = Math.max(one.work / work, work / one.work);
    return factor <= ALIKE ? 1 : factor;
  };
  return runs.reduce<Recorded | undefined>(
    (best, one) => (best === undefined || distance(one) < distance(best) ? one : best),
    undefined,
  );
}
