/** @file One step is the same however it is computed: policies, spans, packing, accumulation, dropout. */
import { afterAll, describe, expect, it } from 'vitest';
import { Device } from '../../../runtime/ort/device.ts';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../runtime/train/engine.ts';
import { padRows, supervisedTokens } from '../../../runtime/train/loop.ts';
import { unadapted } from '../../../runtime/model/adapted.ts';
import {
  allLinear,
  gradientsOf,
  randomBase,
  randomRows,
  randomValues,
  relativeError,
} from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 2 });
afterAll(() => device[Symbol.asyncDispose]());
const base = randomBase();
const rows = randomRows([17, 5, 40, 9], base.spec.vocab);
const supervised = rows.reduce((sum, row) => sum + supervisedTokens(row), 0);
const usual: EngineOptions = { device, policy: 'balanced', span: 1, headRows: 16, longest: 64 };

async function engine(options: Partial<EngineOptions> = {}, saved: readonly string[] = []): Promise<Engine> {
  const made = new Engine(base, allLinear(base, {}, saved), { ...usual, ...options });
  await randomValues(made);
  return made;
}

interface Step {
  readonly loss: number;
  readonly gradients: Map<string, Float32Array>;
}

async function step(on: Engine, micro: readonly (readonly TokenRow[])[]): Promise<Step> {
  let loss = 0;
  for (const [i, batch] of micro.entries()) {
    const { tokenLoss } = await on.accumulate(batch, { token: 1 / supervised, auxiliary: 0 }, i === 0);
    for (const x of tokenLoss) loss += x / supervised;
  }
  return { loss, gradients: await gradientsOf(on) };
}

function expectEqual(actual: Step, expected: Step, tolerance = 1e-5): void {
  expect(Math.abs(actual.loss / expected.loss - 1)).toBeLessThan(tolerance);
  for (const [name, gradient] of expected.gradients)
    expect(relativeError(actual.gradients.get(name)!, gradient), name).toBeLessThan(tolerance);
}

describe('one step, computed in different ways', () => {
  it('is the same for every memory policy, span of blocks and chunk of the head', async () => {
    const expected = await step(await engine(), [rows]);
    for (const policy of ['fast', 'balanced', 'low'] as const)
      for (const span of [1, 2, 3]) expectEqual(await step(await engine({ policy, span }), [rows]), expected);
    expectEqual(await step(await engine({ headRows: 7 }), [rows]), expected);
  });

  it('is the same packed, padded, and row by row', async () => {
    const on = await engine();
    const packed = await step(on, [rows]);
    expectEqual(await step(on, [padRows(rows)]), packed);
    expectEqual(
      await step(
        on,
        rows.map((row) => [row]),
      ),
      packed,
    );
    expectEqual(await step(on, [rows.slice(0, 1), rows.slice(1)]), packed);
  });

  it('does not depend on the order of the rows', async () => {
    const on = await engine();
    expectEqual(await step(on, [[...rows].reverse()]), await step(on, [rows]));
  });

  it('forgets the step before', async () => {
    const on = await engine();
    const first = await step(on, [rows]);
    const again = await step(on, [rows]);
    expect(again.loss).toBe(first.loss);
    for (const [name, gradient] of first.gradients) expect(again.gradients.get(name)).toEqual(gradient);
  });
});

describe('dropout', () => {
  const dropped = { ...allLinear(base), dropout: 0.3 };
  const keyed = rows.map((row, i) => ({ ...row, key: 1000 + i }));
  const learner = async (options: Partial<EngineOptions> = {}): Promise<Engine> => {
    const made = new Engine(base, dropped, { ...usual, ...options });
    await randomValues(made);
    return made;
  };

  it('drops the same under every policy, packed, padded, row by row and in any order', async () => {
    const on = await learner();
    const expected = await step(on, [keyed]);
    for (const policy of ['fast', 'low'] as const)
      expectEqual(await step(await learner({ policy, span: 2 }), [keyed]), expected);
    expectEqual(await step(on, [padRows(keyed)]), expected);
    expectEqual(
      await step(
        on,
        keyed.map((row) => [row]),
      ),
      expected,
    );
    expectEqual(await step(on, [[...keyed].reverse()]), expected);
  });

  it('changes with the key, and is off when the model is used', async () => {
    const on = await learner();
    const first = await step(on, [keyed]);
    const other = await step(on, [keyed.map((row) => ({ ...row, key: row.key + 1 }))]);
    expect(Math.abs(other.loss / first.loss - 1)).toBeGreaterThan(1e-4);
    const plain = await engine();
    expect((await on.losses(rows)).tokenLoss).toEqual((await plain.losses(rows)).tokenLoss);
  });
});

describe('documents in one list', () => {
  it("one row's loss has exactly zero gradient at another row's embeddings", async () => {
    const table = 'model.embed_tokens.weight';
    const on = await engine({}, [table]);
    const [vocab, hidden] = [base.spec.vocab, base.spec.hidden];
    // ids of the two rows don't overlap, and only the first is trained
    const first = { ids: Uint32Array.from([1, 2, 3, 4, 5, 6]), mask: Uint8Array.from([0, 1, 1, 1, 1, 1]) };
    const second = { ids: Uint32Array.from([11, 12, 13, 14, 15, 16, 17]), mask: new Uint8Array(7) };
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      await on.accumulate(order, { token: 1, auxiliary: 0 }, true);
      const gradient = (await gradientsOf(on)).get(table)!;
      expect(gradient.length).toBe(vocab * hidden);
      const touched = (id: number): boolean =>
        gradient.subarray(id * hidden, (id + 1) * hidden).some((x) => x !== 0);
      for (let id = 0; id < vocab; id++) expect(touched(id), `id ${id}`).toBe(id >= 1 && id <= 5);
    }
  });

  it('a token that nobody labels costs no gradient', async () => {
    const on = await engine();
    const silent = rows.map(({ ids }) => ({ ids, mask: new Uint8Array(ids.length) }));
    const only = await step(on, [[rows[0]!]]);
    const among = await step(on, [[rows[0]!, ...silent.slice(1)]]);
    expectEqual(among, only);
  });
});

describe('a fresh adapter', () => {
  it('leaves every loss as it was', async () => {
    const plain = await new Engine(base, unadapted, usual).losses(rows);
    const fresh = new Engine(base, allLinear(base), usual);
    for (const parameters of await fresh.model.parameters()) {
      const values = new Float32Array(parameters.size);
      for (const { name, offset, shape } of parameters.layout.entries)
        if (name.endsWith('lora_A.weight')) values.fill(0.3, offset, offset + shape[0]! * shape[1]!);
      await parameters.write('values', values);
    }
    expect(relativeError((await fresh.losses(rows)).tokenLoss, plain.tokenLoss)).toBeLessThan(1e-6);
  });
});
