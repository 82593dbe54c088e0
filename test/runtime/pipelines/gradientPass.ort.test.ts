/** @file Gradients before step 0 against those of weights that are trained whole, sketched and in groups. */
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { GradientEstimate } from '../../../runtime/methods/method.ts';
import { product } from '../../../runtime/methods/parts/products.ts';
import { linearsOf } from '../../../runtime/model/adapted.ts';
import { openBase } from '../../../runtime/model/base.ts';
import type { Base, LinearSpec } from '../../../runtime/model/decoder.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { gradientPass } from '../../../runtime/pipelines/gradientPass.ts';
import type { GradientPass, WantedGradient } from '../../../runtime/pipelines/gradientPass.ts';
import { startValues } from '../../../runtime/pipelines/adapterModel.ts';
import { readProbeInput } from '../../../runtime/pipelines/probeInput.ts';
import { Engine } from '../../../runtime/train/engine.ts';
import type { TokenRow } from '../../../runtime/train/batch.ts';
import { supervisedTokens } from '../../../runtime/train/loop.ts';
import { gradientsOf, randomBase, randomRows, relativeError } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const base = randomBase();
const options = { device, policy: 'balanced', span: 1, headRows: 16, longest: 32 } as const;
const linears = linearsOf(base.spec).filter(({ path }) => path !== base.spec.names.head.path);
/** Equal lengths, so that each row has as many tokens to learn from. */
const rows = randomRows([9, 9, 9, 9], base.spec.vocab);

async function estimates(
  wanted: readonly WantedGradient[],
  changes: Partial<GradientPass> = {},
): Promise<Map<string, GradientEstimate>> {
  const found = new Map<string, GradientEstimate>();
  const pass = { base, engine: options, batches: [rows], seed: 3, largest: 1e6, ...changes };
  await gradientPass(pass, wanted, ({ path }, estimate) => {
    // each once
    expect(found.has(path)).toBe(false);
    found.set(path, estimate);
    return Promise.resolve();
  });
  return found;
}

const whole = linears.map((linear) => ({ linear }));
const G = (estimate: GradientEstimate | undefined): Float64Array =>
  estimate?.kind === 'full' ? estimate.G.data : new Float64Array();

/** The gradient of the mean loss by each weight, where the weights themselves are trained. */
async function trainedWhole(
  batch: readonly TokenRow[],
  of: Base = base,
  layers: readonly LinearSpec[] = linears,
): Promise<Map<string, Float32Array>> {
  const saved = new Set(layers.map(({ path }) => `${path}.weight`));
  using engine = new Engine(of, { linears: new Map(), saved }, options);
  await startValues(await engine.model.parameters(), (name) => of.tensors.readFloat32(name), 0);
  const supervised = batch.reduce((sum, row) => sum + supervisedTokens(row), 0);
  await engine.accumulate(batch, { token: 1 / supervised, auxiliary: 0 }, true);
  return await gradientsOf(engine);
}

describe('the whole gradient', () => {
  it('is that of the weight itself, layer by layer', async () => {
    const [found, expected] = [await estimates(whole), await trainedWhole(rows)];
    expect([...found.keys()].sort()).toEqual(linears.map(({ path }) => path).sort());
    for (const { path } of linears)
      expect(relativeError(G(found.get(path)), expected.get(`${path}.weight`)!), path).toBeLessThan(1e-5);
  });

  it('is the same in groups of a few layers, down to one at a time', async () => {
    const together = await estimates(whole);
    for (const largest of [1, 4000]) {
      const apart = await estimates(whole, { largest });
      for (const { path } of linears)
        expect(relativeError(G(apart.get(path)), G(together.get(path)))).toBeLessThan(1e-5);
    }
  });

  it('GA-13: is the mean over micro-batches, whatever the split where each has as many target tokens', async () => {
    const split = (size: number): TokenRow[][] =>
      Array.from({ length: rows.length / size }, (_, i) => rows.slice(i * size, (i + 1) * size));
    const once = await estimates(whole);
    for (const size of [1, 2]) {
      const cut = await estimates(whole, { batches: split(size) });
      for (const { path } of linears)
        expect(relativeError(G(cut.get(path)), G(once.get(path)))).toBeLessThan(2e-5);
    }
    // with unequal ones each micro-batch still counts alike
    const uneven = [rows.slice(0, 1), rows.slice(1)];
    const mixed = await estimates(whole, { batches: uneven });
    const [first, rest] = [await trainedWhole(uneven[0]!), await trainedWhole(uneven[1]!)];
    const { path } = linears[3]!;
    const mean = first.get(`${path}.weight`)!.map((g, i) => (g + rest.get(`${path}.weight`)![i]!) / 2);
    expect(relativeError(G(mixed.get(path)), mean)).toBeLessThan(1e-5);
  });
});

describe.each(['bert-pair', 't5-gated', 't5-far'])('of %s', (name) => {
  const folder = resolve(import.meta.dirname, '../../fixtures/documents', name);
  const other = openBase(join(folder, 'base'));
  const batch = readProbeInput(join(folder, 'expected.safetensors'), other.spec).rows;
  const all = linearsOf(other.spec).filter(({ path }) => path !== other.spec.names.head.path);
  afterAll(() => {
    other.tensors.close();
  });

  it.each([1e6, 1])('the whole gradient is that of the weights, %d numbers at a time', async (largest) => {
    const wanted = all.map((linear) => ({ linear }));
    const found = await estimates(wanted, { base: other, batches: [batch], largest });
    const expected = await trainedWhole(batch, other, all);
    for (const { path } of all)
      expect(relativeError(G(found.get(path)), expected.get(`${path}.weight`)!), path).toBeLessThan(1e-5);
  });
});

it('layers of some blocks alone, with gaps between them, are as with all others', async () => {
  const some = linears.filter(({ path }) => /layers[.](0|2)[.].*(q_proj|down_proj)/.test(path));
  expect(some).toHaveLength(4);
  const together = await estimates(whole);
  for (const largest of [1e6, 1]) {
    const found = await estimates(
      some.map((linear) => ({ linear })),
      { largest, engine: { ...options, span: 2 } },
    );
    expect(found.size).toBe(4);
    for (const { path } of some)
      expect(relativeError(G(found.get(path)), G(together.get(path))), path).toBeLessThan(1e-5);
  }
});

describe('a sketch', () => {
  it('is G Omega and Psiᵀ G, and taken only where it is smaller than G', async () => {
    const sketched = await estimates(linears.map((linear) => ({ linear, sketchRank: 1 })));
    const full = await estimates(whole);
    for (const { path } of linears) {
      const estimate = sketched.get(path)!;
      const known = full.get(path)!;
      if (estimate.kind !== 'sketch' || known.kind !== 'full') throw new Error(path);
      const { sketch, basis } = estimate;
      expect(relativeError(sketch.Y.data, product(known.G, basis.Omega).data)).toBeLessThan(1e-5);
      expect(relativeError(sketch.Z.data, product(basis.Psi, known.G, { a: true }).data)).toBeLessThan(1e-5);
    }
    const large = await estimates(linears.map((linear) => ({ linear, sketchRank: 8 })));
    expect(new Set([...large.values()].map(({ kind }) => kind))).toEqual(new Set(['full']));
  });
});

it('rows without a token to learn from are refused', async () => {
  const silent = rows.map((row) => ({ ...row, mask: new Uint8Array(row.ids.length) }));
  await expect(estimates(whole, { batches: [silent] })).rejects.toMatchObject({
    code: 'no-supervised-token',
  });
  // among others they are left out
  const [mixed, alone] = [await estimates(whole, { batches: [silent, rows] }), await estimates(whole)];
  const { path } = linears[0]!;
  expect(relativeError(G(mixed.get(path)), G(alone.get(path)))).toBeLessThan(1e-6);
});
