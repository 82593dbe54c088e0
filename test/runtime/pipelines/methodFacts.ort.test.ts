/** @file What LoRAMoE and ALLoRA show while they learn, when the balancing loss counts, and that evaluations never contain it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { adaptedFromConfig } from '../../../runtime/config/attachments.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { balancing, MethodFacts } from '../../../runtime/pipelines/methodFacts.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import { runFinetune } from '../../support/finetuneRun.ts';
import { randomBase, randomRows, randomValues, relativeError } from '../../support/randomModel.ts';
import { writeRandomBase } from '../../support/randomFolder.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const base = randomBase();
const options = { device, policy: 'balanced', span: 1, headRows: 16, longest: 32 } as const;
const rows = randomRows([12, 7], base.spec.vocab).map((row, i) => ({ ...row, taskType: (1 - i) as 0 | 1 }));

const adapted = (method: Readonly<Record<string, unknown>>) =>
  adaptedFromConfig({ ...runConfig('runs').method, ...method }, { optimizer: 'adamw' }, base.spec);
const experts = {
  kind: 'loramoe',
  experts: 4,
  balance: 0.5,
  balanceSplit: 0.1,
  targets: ['gate_proj', 'up_proj', 'down_proj'],
};

async function learned(method: Readonly<Record<string, unknown>>, auxiliary: number, order = rows) {
  const own = adapted(method);
  using engine = new Engine(base, own, options);
  await randomValues(engine);
  const found = await engine.accumulate(order, { token: 0.1, auxiliary }, true);
  const { tokenLoss } = await engine.losses(order);
  const facts = new MethodFacts(own, base.spec);
  facts.add(found, order);
  const parameters = await engine.model.parameters();
  const gradient = Float32Array.from(
    (await Promise.all(parameters.map((part) => part.read('gradient')))).flatMap((part) => [...part]),
  );
  return {
    found,
    tokenLoss,
    layers: await facts.take(parameters),
    again: await facts.take(parameters),
    gradient,
  };
}

describe('LoRAMoE', () => {
  it('LORAMOE-14: the loss of an evaluation, and the one that is reported, do not contain the balance', async () => {
    const [with_, without] = [await learned(experts, 1), await learned(experts, 0)];
    expect(with_.found.auxiliary).toBeGreaterThan(1e-3);
    expect(with_.found.auxiliary).toBe(without.found.auxiliary);
    expect(with_.found.tokenLoss).toEqual(without.found.tokenLoss);
    expect(with_.tokenLoss).toEqual(without.tokenLoss);
    expect(relativeError(with_.tokenLoss, with_.found.tokenLoss)).toBeLessThan(1e-5);
    // but the gradient does
    expect(relativeError(with_.gradient, without.gradient)).toBeGreaterThan(1e-4);
  });

  it('shows a share and a balance for each of its linears; the order of the rows changes nothing', async () => {
    const { layers, found, again } = await learned(experts, 1);
    expect(Object.keys(layers!)).toHaveLength(3 * base.spec.layers.length);
    let sum = 0;
    for (const { share0, share1, balance } of Object.values(layers!)) {
      for (const share of [share0!, share1!]) expect(share).toBeGreaterThan(0);
      for (const share of [share0!, share1!]) expect(share).toBeLessThan(1);
      sum += 0.5 * balance!;
    }
    expect(sum).toBeCloseTo(found.auxiliary, 5);
    // nothing was learned since
    expect(again).toBeUndefined();
    const turned = await learned(experts, 1, [...rows].reverse());
    for (const [path, { share1 }] of Object.entries(layers!))
      expect(turned.layers![path]!['share1']).toBeCloseTo(share1!, 5);
  });
});

it('ALLoRA shows its row factors, at most eta', async () => {
  const { layers } = await learned({ kind: 'allora', eta: 2, adamRate: 'raw' }, 1);
  for (const { factorMin, factorMean, factorMax } of Object.values(layers!)) {
    expect(factorMin).toBeLessThan(factorMean!);
    expect(factorMean).toBeLessThan(factorMax!);
    expect(factorMax).toBeLessThanOrEqual(2);
  }
});

it('plain LoRA has nothing to show', async () => {
  expect((await learned({}, 1)).layers).toBeUndefined();
});

describe('the balancing loss', () => {
  const totals = (typed: number) => ({ rows: 3, totals: { typed } });

  it('counts where each row has a type; else it is off, with one sentence', () => {
    expect(balancing(adapted(experts), totals(3))).toEqual({ on: true });
    expect(balancing(adapted(experts), totals(0)).note).toMatch(/is off: the rows have no task_type/);
    expect(balancing(adapted(experts), totals(2)).note).toMatch(/1 of 3 rows have no task_type/);
    expect(balancing(adapted({ ...experts, balance: 0 }), totals(0))).toEqual({ on: false });
    expect(balancing(adapted({}), totals(0))).toEqual({ on: false });
  });

  it('is said once in a run whose rows have none, which then learns as with a balance of 0', async () => {
    const folder = writeRandomBase(join(scratch, 'base'));
    const file = join(scratch, 'rows.jsonl');
    const row = (i: number) => ({ input_ids: [i, i + 1, 7, 3], labels: [i, i + 1, 7, 3] });
    writeFileSync(file, [1, 5, 9, 20].map((i) => `${JSON.stringify(row(i))}\n`).join(''));
    const run = (balance: number) =>
      runFinetune(scratch, {
        base: folder,
        data: { train: file, format: 'tokenised' },
        method: { kind: 'loramoe', rank: 2, experts: 2, balance },
        training: { steps: 3, batch: 2, learningRate: 1e-2, checkpointEvery: 0 },
        output: join(scratch, `balance ${balance}`),
      });
    const [on, off] = [await run(0.1), await run(0)];
    const notes = on.events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
    expect(notes.filter((note) => note.includes('balancing loss is off'))).toHaveLength(1);
    expect(on.steps.map(({ loss }) => loss)).toEqual(off.steps.map(({ loss }) => loss));
  });
});
