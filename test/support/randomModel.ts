/** @file A small random decoder in memory, with an adapter on all linears whose B isn't zero. */
import { lora } from '../../runtime/methods/lora.ts';
import type { LoraOptions } from '../../runtime/methods/lora.ts';
import { elementCount, linearsOf } from '../../runtime/model/adapted.ts';
import type { Adapter } from '../../runtime/model/adapted.ts';
import type { Base } from '../../runtime/model/decoder.ts';
import { specTensors } from '../../runtime/model/specTensors.ts';
import type { TokenRow } from '../../runtime/train/batch.ts';
import type { Engine } from '../../runtime/train/engine.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';
import { specOf } from './familyCases.ts';

export const smallLlama = {
  model_type: 'llama',
  vocab_size: 50,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
} as const;

/** Weights uniform in +-0.3, norms around 1, from the tensors' names. */
export function randomBase(config: Readonly<Record<string, unknown>> = smallLlama): Base {
  const spec = specOf(config);
  const shapes = new Map(specTensors(spec).map(({ name, shape }) => [name, shape]));
  return {
    path: 'memory',
    name: 'random',
    files: [],
    spec,
    tensors: {
      names: new Set(shapes.keys()),
      shape: (name) => shapes.get(name)!,
      storedBytes: (name) => 4 * elementCount(shapes.get(name)!),
      readFloat32: (name, into) => {
        const shape = shapes.get(name)!;
        const random = uniform(hashKey('base', name));
        const centre = shape.length === 1 ? 1 : 0;
        const values = into ?? new Float32Array(elementCount(shape));
        for (let i = 0; i < values.length; i++) values[i] = centre + 0.6 * (random() - 0.5);
        return values;
      },
      close: () => undefined,
    },
  };
}

export function allLinear(
  base: Base,
  options: Partial<LoraOptions> = {},
  saved: readonly string[] = [],
): Adapter {
  const full = { rank: 4, alpha: 8, rankStabilized: false, bias: false, ...options };
  const linears = linearsOf(base.spec).filter(({ path }) => path !== base.spec.names.head.path);
  return {
    linears: new Map(linears.map(({ path }) => [path, { method: lora, options: full }])),
    saved: new Set(saved),
  };
}

/** Values in +-0.2 everywhere; whole tensors get the base's own. */
export async function randomValues(engine: Engine, seed = 1): Promise<void> {
  for (const parameters of await engine.model.parameters()) {
    const vector = new Float32Array(parameters.size);
    for (const { name, offset, shape } of parameters.layout.entries) {
      const random = uniform(hashKey('adapter', seed, name));
      for (let i = 0; i < elementCount(shape); i++) vector[offset + i] = 0.4 * (random() - 0.5);
    }
    await parameters.write('values', vector);
  }
}

/** Rows of the given lengths, ids below `vocab`, the first third of each not trained. */
export function randomRows(lengths: readonly number[], vocab: number, seed = 1): TokenRow[] {
  return lengths.map((length, row) => {
    const random = uniform(hashKey('rows', seed, row));
    const mask = new Uint8Array(length).fill(1, Math.ceil(length / 3));
    return { ids: Uint32Array.from({ length }, () => Math.floor(random() * vocab)), mask };
  });
}

/** All gradients by tensor name. */
export async function gradientsOf(engine: Engine): Promise<Map<string, Float32Array>> {
  const gradients = new Map<string, Float32Array>();
  for (const parameters of await engine.model.parameters()) {
    const vector = await parameters.read('gradient');
    for (const { name, offset, shape } of parameters.layout.entries)
      gradients.set(name, vector.slice(offset, offset + elementCount(shape)));
  }
  return gradients;
}

/** Largest difference over the largest magnitude of what is expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [most, worst] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    most = Math.max(most, Math.abs(expected[i]!));
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  }
  return actual.length === expected.length ? worst / most : Number.POSITIVE_INFINITY;
}
