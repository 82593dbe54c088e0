/** @file Frozen weights: read once or per use, a tied head reads the embedding's, an adapter's own tensors win. */
import { describe, expect, test } from 'vitest';
import type { Base } from '../../../runtime/model/decoder.ts';
import type { Device } from '../../../runtime/ort/device.ts';
import { Weights } from '../../../runtime/train/weights.ts';
import { randomBase, smallLlama } from '../../support/randomModel.ts';

const table = 'model.embed_tokens.weight';
const head = 'lm_head.weight';
const norm = 'model.layers.0.input_layernorm.weight';

interface Uploaded {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** A device that keeps what it is sent. */
const device = (onHost: boolean): Device =>
  ({
    onHost,
    options: { provider: 'cpu' },
    upload: (data: Float32Array, dims: readonly number[]) => Promise.resolve({ data, dims }),
  }) as unknown as Device;

/** A base that counts readings and, as an opened file does, answers for a tied head with the embedding's table. */
function countingBase(tied: boolean): { base: Base; reads: string[] } {
  const { tensors, ...rest } = randomBase({ ...smallLlama, tie_word_embeddings: tied });
  const reads: string[] = [];
  const own = (name: string): string => (tied && name === head ? table : name);
  const counted: Base['tensors'] = {
    ...tensors,
    shape: (name) => tensors.shape(own(name)),
    readFloat32: (name, into) => {
      reads.push(name);
      return tensors.readFloat32(own(name), into);
    },
  };
  return { base: { ...rest, tensors: counted }, reads };
}

const get = async (weights: Weights, name: string): Promise<Uploaded> =>
  (await weights.get(name)) as unknown as Uploaded;

describe('what is kept', () => {
  test('each tensor is read once and is the same one afterwards', async () => {
    const { base, reads } = countingBase(false);
    const weights = new Weights(base, device(true));
    const first = await get(weights, norm);
    expect(await get(weights, norm)).toBe(first);
    expect(reads).toEqual([norm]);
    expect(first.dims).toEqual([32]);
    expect(first.data).toEqual(base.tensors.readFloat32(norm));
  });

  test('no block under the policy `low`: each use reads anew, over what the same input held before', async () => {
    const { base, reads } = countingBase(false);
    const weights = new Weights(base, device(true), new Map(), false);
    const first = await weights.feeds([{ input: 'weight0', name: norm }]);
    const again = await weights.feeds([{ input: 'weight0', name: norm }]);
    expect(reads).toEqual([norm, norm]);
    expect(again['weight0']!.data).toBe(first['weight0']!.data);
    expect(again['weight0']!.data).toEqual(base.tensors.readFloat32(norm));
  });

  test('the embedding under every policy: its table is dearer to read than a block', async () => {
    const { base, reads } = countingBase(false);
    const weights = new Weights(base, device(true), new Map(), false);
    expect(await get(weights, table)).toBe(await get(weights, table));
    expect(reads).toEqual([table]);
  });

  test('all on a device of its own, whatever the policy: sending them each step would cost more', async () => {
    const { base, reads } = countingBase(false);
    const weights = new Weights(base, device(false), new Map(), false);
    expect(await get(weights, norm)).toBe(await get(weights, norm));
    expect(reads).toEqual([norm]);
  });
});

describe('the head', () => {
  test('of a tied base is the embedding’s tensor, in one copy', async () => {
    const { base, reads } = countingBase(true);
    const weights = new Weights(base, device(true));
    expect(await get(weights, head)).toBe(await get(weights, table));
    expect(reads).toEqual([table]);
    expect(weights.values(head)).toEqual(base.tensors.readFloat32(table));
  });

  test('of an untied base is its own', async () => {
    const { base } = countingBase(false);
    const weights = new Weights(base, device(true));
    expect((await get(weights, head)).data).not.toEqual((await get(weights, table)).data);
  });
});

describe('an adapter’s own tensors', () => {
  test('stand in the place of the base’s', async () => {
    const { base, reads } = countingBase(false);
    const own = new Float32Array(32).fill(2);
    const weights = new Weights(base, device(true), new Map([[norm, own]]));
    expect((await get(weights, norm)).data).toBe(own);
    expect(weights.values(norm)).toBe(own);
    expect(reads).toEqual([]);
  });

  test('a tied head follows a replaced embedding', async () => {
    const { base } = countingBase(true);
    const own = new Float32Array(50 * 32).fill(2);
    const weights = new Weights(base, device(true), new Map([[table, own]]));
    expect((await get(weights, head)).data).toBe(own);
  });

  test('a head of its own unties a tied base', async () => {
    const { base } = countingBase(true);
    const own = new Float32Array(50 * 32).fill(2);
    const weights = new Weights(base, device(true), new Map([[head, own]]));
    expect(await get(weights, head)).toEqual({ data: own, dims: [50, 32] });
    expect((await get(weights, table)).data).toEqual(base.tensors.readFloat32(table));
  });
});

test('a segment’s feeds are its weights under the graph’s names', async () => {
  const { base } = countingBase(false);
  const weights = new Weights(base, device(true));
  const feeds = await weights.feeds([
    { input: 'weight0', name: norm },
    { input: 'weight1', name: table },
  ]);
  expect(feeds).toEqual({ weight0: await weights.get(norm), weight1: await weights.get(table) });
});
