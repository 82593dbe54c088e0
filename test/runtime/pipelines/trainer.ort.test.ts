/** @file What steps need is opened alike for a run and for a range test: same seed, same start, weights shared. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SharedParts } from '../../../runtime/pipelines/sharedParts.ts';
import { openTrainer } from '../../../runtime/pipelines/trainer.ts';
import { setUpTraining } from '../../../runtime/pipelines/training.ts';
import { resolveConfig } from '../../support/finetuneRun.ts';
import { tokenisedRows, writeRandomBase } from '../../support/randomFolder.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const base = writeRandomBase(join(scratch, 'base'));
const train = tokenisedRows(join(scratch, 'rows.jsonl'), 6);

async function start(parts: SharedParts, seed: number): Promise<number[]> {
  const { config } = resolveConfig(scratch, {
    base,
    data: { train, format: 'tokenised' },
    method: { kind: 'lora', rank: 2, alpha: 4 },
    training: { steps: 1, seed },
  });
  using setup = await setUpTraining(config, { parts });
  using trainer = await openTrainer(config, setup, parts);
  expect(trainer.options.weights).toBe(trainer.engine.weights);
  const values = [];
  for (const part of trainer.parameters) values.push(...(await part.read('values')));
  return values;
}

it.each([
  ['pissa', ['Computes start values of 6 linears from their weights.']],
  ['lora-ga', ['Computes start values of 6 linears from the gradient of 5 rows.']],
  [undefined, []],
])('says what begins before step 0: init %s', async (init, expected) => {
  await using parts = new SharedParts();
  const { config } = resolveConfig(scratch, {
    base,
    data: { train, format: 'tokenised' },
    method: {
      rank: 2,
      targets: ['q_proj', 'v_proj'],
      ...(init && { init }),
      ...(init === 'lora-ga' && { gradientRows: 5 }),
    },
    training: { steps: 1 },
  });
  using setup = await setUpTraining(config, { parts });
  const said: string[] = [];
  using _trainer = await openTrainer(config, setup, parts, { say: (message) => said.push(message) });
  expect(said).toEqual(expected);
});

it('starts by the seed alone, and opens device and weights once', async () => {
  await using parts = new SharedParts();
  const first = await start(parts, 3);
  expect(first.some((x) => x !== 0)).toBe(true);
  expect(await start(parts, 3)).toEqual(first);
  expect(await start(parts, 4)).not.toEqual(first);
  for (const kind of ['device', 'weights'] as const)
    expect(parts.counts(kind)).toEqual({ asked: 3, opened: 1 });
});
