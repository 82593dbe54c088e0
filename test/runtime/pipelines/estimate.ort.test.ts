/** @file What a config will cost: counts of the data, bytes of the adapter, and time in proportion to the work. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { estimateCost, productRate } from '../../../runtime/pipelines/estimate.ts';
import type { CostEstimate } from '../../../runtime/pipelines/estimate.ts';
import { resolveConfig } from '../../support/finetuneRun.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 24);

const estimate = (training: Readonly<Record<string, unknown>>, more = {}): Promise<CostEstimate> =>
  estimateCost(
    resolveConfig(scratch, {
      base,
      data: { train, format: 'tokenised', validation: 0 },
      method: { kind: 'lora', rank: 4, alpha: 8 },
      training,
      output: join(scratch, 'runs'),
      ...more,
    }).config,
  );

/** The work behind an estimate of time, whatever rate this machine showed. */
function work({ seconds, stepTime }: CostEstimate): number {
  const { from } = stepTime!;
  if (!('gigaflops' in from)) throw new Error('nothing has run here');
  return seconds! * from.gigaflops;
}

it('counts steps, rows and trained numbers', async () => {
  const cost = await estimate({ epochs: 2, batch: 4 });
  expect([cost.steps, cost.rows]).toEqual([12, 24]);
  expect(cost.supervised).toBeLessThan(cost.tokens);
  expect(cost.adapterBytes).toBe(4 * cost.trainable);
  expect(cost.memory.total).toBeGreaterThan(cost.memory.process);
});

it('takes time in proportion to the epochs, and more where blocks are computed twice', async () => {
  const [one, three] = [await estimate({ epochs: 1, batch: 4 }), await estimate({ epochs: 3, batch: 4 })];
  expect(work(three) / work(one)).toBeCloseTo(3, 6);
  const low = await estimate({ epochs: 1, batch: 4 }, { memory: 'low' });
  expect(work(low) / work(one)).toBeGreaterThan(1.2);
});

it.each([{ batch: 4 }, { batch: 2, accumulate: 2 }, { tokens: 70 }, { tokens: 70, accumulate: 2 }])(
  'costs the same by epochs and by the steps these have: %j',
  async (batches) => {
    const epochs = await estimate({ epochs: 1, ...batches });
    const steps = await estimate({ steps: epochs.steps, ...batches });
    expect(steps.steps).toBe(epochs.steps);
    expect(work(steps) / work(epochs)).toBeCloseTo(1, 6);
  },
);

it('measures a rate that some machine has', async () => {
  const rate = await productRate();
  expect(rate).toBeGreaterThan(0.1);
  expect(rate).toBeLessThan(1e5);
});
