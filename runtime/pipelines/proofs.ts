/** @file What a run proves before and at its first step: device, fresh adapter, and that something moves. */
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { unadapted } from '../model/adapted.ts';
import type { SelfTestCase } from '../ort/selfTest.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import { evaluate } from '../train/loop.ts';
import type { Parameters } from '../train/parameters.ts';
import { selfTestCases } from '../train/selfTestCases.ts';
import { providerOf } from '../config/options.ts';
import { freshness } from './computedStart.ts';
import type { TrainingSetup } from './training.ts';
import { requireVerdict } from './verdicts.ts';

/** Another device than the CPU must compute what the CPU computes before it trains. */
export function proveDevice(config: ResolvedConfig, { base, adapted }: TrainingSetup): Promise<void> {
  const { training, memory: policy } = config;
  const cases = (): SelfTestCase[] => selfTestCases({ spec: base.spec, adapted, policy, training });
  return requireVerdict(providerOf(config.device), cases);
}

/** Relative difference that a fresh adapter may make to the loss: none but rounding, more of it where a start is taken back. */
const freshTolerance = { equal: 1e-6, nearly: 1e-5 } as const;

/** A fresh adapter leaves the base's loss as it is; otherwise it isn't where it should be, or the scale is wrong. */
export async function proveFresh(setup: TrainingSetup, engine: Engine, common: EngineOptions): Promise<void> {
  const fresh = freshness(setup.adapted);
  // a start that is itself a step moves the loss
  if (fresh === 'moved') return;
  const rows = setup.sampler.step(0).rows[0]!.map((row) => setup.train.read(row));
  using plain = new Engine(setup.base, unadapted, common);
  const [base, adapted] = [await evaluate(plain, rows), await evaluate(engine, rows)];
  const difference = Math.abs(adapted.loss - base.loss) / Math.abs(base.loss);
  if (!(difference <= freshTolerance[fresh]))
    throw new UserError(
      'fresh-adapter',
      `a fresh adapter changes the base's loss by ${difference.toExponential(1)}, relative.`,
      {
        hint: 'This is a mistake of the program: please report it with the config.',
      },
    );
}

/** Copies of all trained values. */
export const snapshot = async (parameters: readonly Parameters[]): Promise<Float32Array[]> => {
  const copies = [];
  for (const part of parameters) copies.push((await part.read('values')).slice());
  return copies;
};

/** What is wrong where the first step moved nothing. */
export function unmoved(
  before: readonly Float32Array[],
  after: readonly Float32Array[],
  rate: number,
): string | undefined {
  const moved = before.some((vector, i) => vector.some((x, j) => x !== after[i]![j]));
  if (moved) return undefined;
  const why = rate === 0 ? 'its learning rate is 0' : 'no gradient reaches it';
  return `The first step did not move the adapter: ${why}.`;
}
