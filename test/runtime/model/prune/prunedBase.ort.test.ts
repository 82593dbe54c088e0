/** @file Pruned bases in the engine: what stays computes what it did, learns the same, and its adapter fits the original. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { elementCount, linearsOf, unadapted } from '../../../../runtime/model/adapted.ts';
import type { Adapted } from '../../../../runtime/model/adapted.ts';
import { openBase } from '../../../../runtime/model/base.ts';
import { decoderBlock } from '../../../../runtime/model/block.ts';
import type { Base } from '../../../../runtime/model/decoder.ts';
import { prunedBase } from '../../../../runtime/model/prune/prunedBase.ts';
import { compactAdapter, recoverAdapter } from '../../../../runtime/model/prune/recover.ts';
import type { AdapterTensors } from '../../../../runtime/model/prune/recover.ts';
import { pruneByMagnitude } from '../../../../runtime/model/prune/sparseGpt.ts';
import {
  maskedTensor,
  PrunedWeights,
  prunedWeightsFile,
  writePrunedWeights,
} from '../../../../runtime/model/prune/weightsFile.ts';
import { randomScores, selectUnits } from '../../../../runtime/model/prune/select.ts';
import { blockSlices, complement, headDims, queryDims } from '../../../../runtime/model/prune/units.ts';
import type { PrunePlan } from '../../../../runtime/model/prune/units.ts';
import { SegmentBuilder } from '../../../../runtime/model/segmentBuilder.ts';
import { blockContext, tiled, windowsOf } from '../../../../runtime/model/segments.ts';
import { layerInputs } from '../../../../runtime/model/attention.ts';
import { blockLinears, specTensors } from '../../../../runtime/model/specTensors.ts';
import { Buffers, Device } from '../../../../runtime/ort/device.ts';
import { hostTensor } from '../../../../runtime/ort/session.ts';
import type { Tensor } from '../../../../runtime/ort/session.ts';
import { prepareBatch, ropeTables } from '../../../../runtime/train/batch.ts';
import { Engine } from '../../../../runtime/train/engine.ts';
import type { EngineOptions } from '../../../../runtime/train/engine.ts';
import { Parameters } from '../../../../runtime/train/parameters.ts';
import { hashKey, uniform } from '../../../../runtime/train/random.ts';
import { randomNumbers } from '../../../support/evaluate.ts';
import {
  allLinear,
  gradientsOf,
  randomBase,
  randomRows,
  randomValues,
  relativeError,
  smallLlama,
} from '../../../support/randomModel.ts';
import { reference } from '../../../support/shared.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const device = new Device({ provider: 'cpu', threads: 2 });
afterAll(() => device[Symbol.asyncDispose]());

const scratch = temporaryFolder();
const usual: EngineOptions = { device, policy: 'balanced', span: 1, headRows: 16, longest: 64 };

const families = ['llama', 'qwen2', 'qwen3', 'gemma2', 'phi3', 'gpt2', 'mistral'].flatMap((name) => {
  const folder = reference(`lm/${name}/base`);
  return folder === undefined ? [] : [[name, folder] as const];
});
const opened: Base[] = [];
afterAll(() => {
  for (const base of opened) base.tensors.close();
});
function open(folder: string): Base {
  const base = openBase(folder);
  opened.push(base);
  return base;
}

/** Layers 1 and on, half of the units. */
function planFor(base: Base, ratio = 0.5, start = 1): PrunePlan {
  return selectUnits(base.spec, { ratio, start, end: base.spec.layers.length }, (layer) =>
    randomScores(base.spec, uniform(hashKey('plan', layer))),
  );
}

function engineOn(base: Base, adapted: Adapted, span = 1): Engine {
  return new Engine(base, adapted, { ...usual, span });
}

/** What an engine's adapter holds, by name. */
async function adapterOf(engine: Engine): Promise<AdapterTensors> {
  const all = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const parameters of await engine.model.parameters())
    for (const [name, tensor] of Parameters.split(parameters.layout, await parameters.read('values')))
      all.set(name, tensor);
  return all;
}

async function setAdapter(engine: Engine, tensors: AdapterTensors): Promise<void> {
  for (const parameters of await engine.model.parameters()) {
    const values = new Float32Array(parameters.size);
    for (const { name, offset } of parameters.layout.entries) values.set(tensors.get(name)!.data, offset);
    await parameters.write('values', values);
  }
}

/** The original with zeros where o and down read pruned units. */
function maskedBase(base: Base, plan: PrunePlan): Base {
  const zeroed = new Map<string, { kept: Int32Array; inputs: number; transposed: boolean }>();
  for (const [index, kept] of plan)
    for (const { path, inputs, transposed } of blockLinears(base.spec, index)) {
      const slice = blockSlices(base.spec, index, kept).get(path)!;
      if (slice.inputs) zeroed.set(`${path}.weight`, { kept: slice.inputs, inputs, transposed });
    }
  return {
    ...base,
    tensors: {
      names: base.tensors.names,
      shape: (name) => base.tensors.shape(name),
      storedBytes: (name) => base.tensors.storedBytes(name),
      readFloat32: (name, into) => {
        const values = base.tensors.readFloat32(name, into);
        const zero = zeroed.get(name);
        if (!zero) return values;
        const outputs = values.length / zero.inputs;
        for (const i of complement(zero.kept, zero.inputs))
          for (let o = 0; o < outputs; o++)
            values[zero.transposed ? i * outputs + o : o * zero.inputs + i] = 0;
        return values;
      },
      close: () => undefined,
    },
  };
}

describe.each(families)('%s', (_, folder) => {
  const base = open(folder);
  const rows = randomRows([17, 5, 30, 9], base.spec.vocab);

  it('LORAM-5: the pruned base with its adapter is the masked original with the recovered one, and learns the same', async () => {
    const plan = planFor(base);
    const small = engineOn(prunedBase(base, plan), allLinear(prunedBase(base, plan)));
    await randomValues(small);
    const whole = engineOn(maskedBase(base, plan), allLinear(base));
    const adapter = await adapterOf(small);
    await setAdapter(whole, recoverAdapter(adapter, base.spec, plan));
    const expected = (await whole.logits(rows)).logits;
    expect(relativeError((await small.logits(rows)).logits, expected)).toBeLessThan(2e-6);
    // the gradient on the pruned base is the original's, seen at what stays
    await small.accumulate(rows, { token: 1 / 40, auxiliary: 0 }, true);
    await whole.accumulate(rows, { token: 1 / 40, auxiliary: 0 }, true);
    const shapes = await adapterOf(whole);
    const gradients = new Map(
      [...(await gradientsOf(whole))].map(([name, data]) => [name, { shape: shapes.get(name)!.shape, data }]),
    );
    const { tensors } = compactAdapter(gradients, base.spec, plan);
    const found = await gradientsOf(small);
    expect(found.size).toBeGreaterThan(6);
    for (const [name, gradient] of found)
      expect(relativeError(gradient, tensors.get(name)!.data), name).toBeLessThan(2e-5);
  });

  it('LORAM-6: at a ratio of 0 model, adapter, loss and gradients are those of plain LoRA', async () => {
    const plan = planFor(base, 0);
    const small = engineOn(prunedBase(base, plan), allLinear(prunedBase(base, plan)));
    await randomValues(small);
    const plain = engineOn(base, allLinear(base));
    await randomValues(plain);
    expect((await small.losses(rows)).tokenLoss).toEqual((await plain.losses(rows)).tokenLoss);
    await small.accumulate(rows, { token: 1, auxiliary: 0 }, true);
    await plain.accumulate(rows, { token: 1, auxiliary: 0 }, true);
    expect(await gradientsOf(small)).toEqual(await gradientsOf(plain));
    const adapter = await adapterOf(small);
    expect(recoverAdapter(adapter, base.spec, plan)).toEqual(adapter);
    for (const { name } of specTensors(base.spec))
      expect(prunedBase(base, plan).tensors.readFloat32(name)).toEqual(base.tensors.readFloat32(name));
  });

  it('LORAM-7: an adapter whose B is zero changes nothing on the original', async () => {
    const plan = planFor(base);
    const small = engineOn(prunedBase(base, plan), allLinear(prunedBase(base, plan)));
    await randomValues(small);
    const adapter = new Map(
      [...(await adapterOf(small))].map(([name, { shape, data }]) => [
        name,
        { shape, data: name.includes('lora_B') ? data.map(() => 0) : data },
      ]),
    );
    const whole = engineOn(base, allLinear(base));
    await setAdapter(whole, recoverAdapter(adapter, base.spec, plan));
    const plain = (await engineOn(base, unadapted).losses(rows)).tokenLoss;
    expect(relativeError((await whole.losses(rows)).tokenLoss, plain)).toBeLessThan(1e-6);
  });

  it('LORAM-8: heads that stay attend as they did on the same input', async () => {
    const plan = planFor(base);
    const { heads, kvHeads, headSize } = base.spec;
    const x = randomNumbers((TOKENS + 1) * base.spec.hidden, 'stream');
    const before = await attended(base, unadapted, new Map(), 1, x);
    const after = await attended(prunedBase(base, plan), unadapted, new Map(), 1, x);
    const kept = queryDims(headDims(plan.get(1)!.kvHeads, headSize), headSize, heads / kvHeads);
    expect(kept.length).toBeLessThan(heads * headSize);
    const width = heads * headSize;
    const picked = Float32Array.from(
      { length: TOKENS * kept.length },
      (_value, i) => before[Math.floor(i / kept.length) * width + kept[i % kept.length]!]!,
    );
    expect(relativeError(after, picked)).toBeLessThan(1e-6);
  });
});

const rowLengths = [17, 5, 30, 9];
/** Of these rows; one more pads. */
const TOKENS = 61;

/** What attention of block `index` gives before its output projection, [tokens, heads * size], for the stream `x` before it. */
async function attended(
  base: Base,
  adapted: Adapted,
  adapter: AdapterTensors,
  index: number,
  x: Float32Array,
): Promise<Float32Array> {
  const { spec } = base;
  const batch = prepareBatch(randomRows(rowLengths, spec.vocab), spec);
  const builder = new SegmentBuilder(unadapted);
  const { op } = builder;
  const seen: ReturnType<typeof decoderBlock>[] = [];
  const attend = tiled(builder, spec, layerInputs(op, spec, batch.layout.groups.length, windowsOf(spec)));
  const context = blockContext(builder, spec, (...all) => {
    const y = attend(...all);
    seen.push(y);
    return y;
  });
  const scale = 2;
  const linear: typeof context.linear = (input, one) => {
    const y = context.linear(input, one);
    const [A, B] = ['A', 'B'].map((part) => adapter.get(`${one.path}.lora_${part}.weight`));
    if (!adapted.linears.has(one.path) || !A || !B) return y;
    const u = op.matmul(input, op.constant(A.data, A.shape), { transB: true });
    return op.add(y, op.matmul(u, op.constant(B.data, B.shape), { transB: true, alpha: scale }));
  };
  decoderBlock({ ...context, linear }, index, op.input('x', 'float32', ['tokens', spec.hidden]));
  const program = await device.compile(op.finish(seen), 'attention');
  const feeds: Record<string, Tensor> = {
    ...batch.feeds,
    x: hostTensor(x, [batch.layout.tokens, spec.hidden]),
    ...Object.fromEntries(
      builder.weights.map(({ input, name }) => [
        input,
        hostTensor(base.tensors.readFloat32(name), base.tensors.shape(name)),
      ]),
    ),
    ...Object.fromEntries(
      ropeTables(spec, 64).flatMap(({ cos, sin }, i) => [
        [`cos${i}`, cos],
        [`sin${i}`, sin],
      ]),
    ),
  };
  const sizes = { ...batch.sizes, positionsKnown: 64 };
  using buffers = new Buffers();
  const out = await device.run(program, feeds, sizes, buffers);
  const y = out[seen[0]!.name]!.data as Float32Array;
  return y.slice(0, (y.length / (TOKENS + 1)) * TOKENS);
}

/** Grouped heads, several of them going, and layers that stay whole. */
const wide = randomBase({
  ...smallLlama,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 4,
});
const mixed: PrunePlan = new Map([
  [1, { neurons: Int32Array.of(0, 5, 6, 20, 47), kvHeads: Int32Array.of(1, 3) }],
  [2, { neurons: Int32Array.from({ length: 30 }, (_, i) => i + 7), kvHeads: Int32Array.of(2) }],
]);

/** A random LoRA of all linears. */
const random = (base: Base): AdapterTensors =>
  new Map(
    linearsOf(base.spec).flatMap(({ path, inputs, outputs }) =>
      (
        [
          ['A', [4, inputs]],
          ['B', [outputs, 4]],
        ] as const
      ).map(([part, shape]) => [
        `${path}.lora_${part}.weight`,
        { shape, data: randomNumbers(elementCount(shape), `${path} ${part}`).map((v) => v / 4) },
      ]),
    ),
  );

describe('LORAM-5: on the original the pruned units do what they did', () => {
  const { heads, kvHeads, headSize, hidden, intermediate } = wide.spec;
  const small = prunedBase(wide, mixed);
  const adapted = allLinear(wide);
  const adapter = random(small);
  const full = recoverAdapter(adapter, wide.spec, mixed);

  it('LORAM-5: attention is that of the kept heads with their adapter, and of the others with original weights', async () => {
    const x = randomNumbers((TOKENS + 1) * hidden, 'stream');
    for (const layer of [1, 2]) {
      const { kvHeads: stay } = mixed.get(layer)!;
      const recovered = await attended(wide, adapted, full, layer, x);
      const trained = await attended(small, adapted, adapter, layer, x);
      const original = await attended(wide, unadapted, new Map(), layer, x);
      const kept = queryDims(headDims(stay, headSize), headSize, heads / kvHeads);
      const width = heads * headSize;
      const dims = complement(kept, width);
      const at = (values: Float32Array, columns: Int32Array, count: number): Float32Array =>
        Float32Array.from(
          { length: TOKENS * columns.length },
          (_, i) => values[Math.floor(i / columns.length) * count + columns[i % columns.length]!]!,
        );
      expect(relativeError(at(recovered, kept, width), trained)).toBeLessThan(1e-6);
      expect(relativeError(at(recovered, dims, width), at(original, dims, width))).toBeLessThan(1e-6);
      expect(relativeError(at(original, kept, width), trained)).toBeGreaterThan(1e-2);
    }
  });

  it('LORAM-5: the MLP is that of the pruned base, plus what pruned neurons give by their original weights', () => {
    const layer = 1;
    const at = (name: string): string => `model.layers.${layer}.mlp.${name}_proj`;
    const merged = (base: Base, tensors: AdapterTensors, name: string): Float64Array => {
      const [A, B] = ['A', 'B'].map((part) => tensors.get(`${at(name)}.lora_${part}.weight`)!);
      const [rank, inputs] = A!.shape as [number, number];
      return Float64Array.from(base.tensors.readFloat32(`${at(name)}.weight`), (w, i) => {
        const [o, column] = [Math.floor(i / inputs), i % inputs];
        let sum = w;
        for (let k = 0; k < rank; k++) sum += 2 * B!.data[o * rank + k]! * A!.data[k * inputs + column]!;
        return sum;
      });
    };
    const x = Float64Array.from(randomNumbers(hidden, 'x'));
    const times = (W: Float64Array, v: Float64Array): Float64Array =>
      Float64Array.from({ length: W.length / v.length }, (_, o) => {
        let sum = 0;
        for (let i = 0; i < v.length; i++) sum += W[o * v.length + i]! * v[i]!;
        return sum;
      });
    const inner = (gate: Float64Array, up: Float64Array): Float64Array => {
      const [g, u] = [times(gate, x), times(up, x)];
      return g.map((v, i) => (v / (1 + Math.exp(-v))) * u[i]!);
    };
    const mlp = (base: Base, tensors: AdapterTensors): Float64Array =>
      times(merged(base, tensors, 'down'), inner(merged(base, tensors, 'gate'), merged(base, tensors, 'up')));
    const zero = new Map(
      [...full].map(([name, { shape, data }]) => [name, { shape, data: data.map(() => 0) }]),
    );
    const gone = complement(mixed.get(layer)!.neurons, intermediate);
    const activations = inner(merged(wide, zero, 'gate'), merged(wide, zero, 'up'));
    const down = merged(wide, zero, 'down');
    const [whole, pruned] = [mlp(wide, full), mlp(small, adapter)];
    for (let o = 0; o < hidden; o++) {
      let rest = 0;
      for (const n of gone) rest += down[o * intermediate + n]! * activations[n]!;
      expect(Math.abs(whole[o]! - (pruned[o]! + rest))).toBeLessThan(1e-13);
    }
  });
});

describe('masked weights', () => {
  it('LORAM-11: are read in place of the original ones, and an adapter on them is one of the original', () => {
    const masks = new Map<string, Float32Array>();
    const tensors = linearsOf(wide.spec)
      .slice(0, -1)
      .flatMap((linear) => {
        const name = `${linear.path}.weight`;
        const sparse = pruneByMagnitude(wide.tensors.readFloat32(name), linear, { kind: 'semi' });
        masks.set(name, sparse.weight);
        return maskedTensor(name, sparse);
      });
    const path = join(scratch, prunedWeightsFile);
    writePrunedWeights(path, tensors);
    const masked = prunedBase(wide, new Map(), PrunedWeights.open(path));
    for (const { name, shape } of specTensors(wide.spec)) {
      expect(masked.tensors.readFloat32(name)).toEqual(masks.get(name) ?? wide.tensors.readFloat32(name));
      expect(masked.tensors.shape(name)).toEqual(shape);
    }
    expect(masked.files).toEqual([path]);
    const name = tensors[1]!.name.replace('.values', '');
    expect(masked.tensors.storedBytes(name)).toBe((masks.get(name)!.length * 17) / 8);
    const zeros = [...masks.values()].map((w) => w.reduce((n, x) => n + (x === 0 ? 1 : 0), 0) / w.length);
    expect(new Set(zeros)).toEqual(new Set([0.5]));
    const adapter = random(masked);
    expect(recoverAdapter(adapter, wide.spec, new Map())).toEqual(adapter);
    masked.tensors.close();
  });
});
