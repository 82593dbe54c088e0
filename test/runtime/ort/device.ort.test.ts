/** @file The device: buffers that are used again, sessions that equal graphs share, feeds that lack. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import type { Graph } from '../../../runtime/graph/ir.ts';
import { Buffers, Device } from '../../../runtime/ort/device.ts';
import { hostTensor } from '../../../runtime/ort/session.ts';
import type { Tensor } from '../../../runtime/ort/session.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

const place = (tensor: Tensor): { slab: ArrayBufferLike; start: number; bytes: number } => {
  const { buffer, byteOffset, byteLength } = tensor.data as Float32Array;
  return { slab: buffer, start: byteOffset, bytes: byteLength };
};
const floats = (...counts: number[]): Parameters<Buffers['host']>[0] =>
  counts.map((count, i) => ({ value: { name: `y${i}`, type: 'float32' }, dims: [count] }));

describe('buffers', () => {
  it('lay tensors side by side on whole cache lines, none over another', () => {
    const types = ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const;
    const tensors = fc.array(fc.tuple(fc.constantFrom(...types), fc.nat(9), fc.nat(9)), { minLength: 1 });
    fc.assert(
      fc.property(tensors, (list) => {
        using buffers = new Buffers();
        const made = buffers.host(
          list.map(([type, a, b], i) => ({ value: { name: `y${i}`, type }, dims: [a, b] })),
        );
        let end = 0;
        for (const [i, tensor] of made.entries()) {
          const { start, bytes } = place(tensor);
          expect([tensor.type, tensor.dims]).toEqual([list[i]![0], list[i]!.slice(1)]);
          expect(start % 64).toBe(0);
          expect(start).toBeGreaterThanOrEqual(end);
          end = start + bytes;
        }
        expect(end).toBeLessThanOrEqual(buffers.bytes);
      }),
    );
  });

  it('give the same memory again, also for less and for a little more', () => {
    using buffers = new Buffers();
    const first = place(buffers.host(floats(1000))[0]!);
    for (const count of [1000, 1, 1400])
      expect(place(buffers.host(floats(count))[0]!)).toMatchObject({ slab: first.slab, start: 0 });
  });

  it('grow where they must and stay as large', () => {
    using buffers = new Buffers();
    buffers.host(floats(1000));
    const before = buffers.bytes;
    buffers.host(floats(10_000));
    const grown = buffers.bytes;
    expect(grown).toBeGreaterThanOrEqual(40_000);
    expect(before).toBeLessThan(grown);
    buffers.host(floats(1));
    expect(buffers.bytes).toBe(grown);
  });

  it('are empty once disposed', () => {
    const buffers = new Buffers();
    buffers.host(floats(10));
    buffers[Symbol.dispose]();
    expect(buffers.bytes).toBe(0);
  });

  it('dispose what they kept when something takes its place', () => {
    const gone: string[] = [];
    const fake = (name: string): Tensor => ({ dispose: () => gone.push(name) }) as unknown as Tensor;
    const buffers = new Buffers();
    buffers.keep([fake('a'), fake('b')]);
    expect(gone).toEqual([]);
    buffers.keep([fake('c')]);
    expect(gone).toEqual(['a', 'b']);
    buffers[Symbol.dispose]();
    expect(gone).toEqual(['a', 'b', 'c']);
  });

  it('have no place for half precision', () => {
    using buffers = new Buffers();
    expect(() => buffers.host([{ value: { name: 'y', type: 'float16' }, dims: [1] }])).toThrow(
      'y: float16 outputs have no host buffer',
    );
  });
});

/** factor * x, with x [tokens, 2]. */
function scaled(factor: number, more: (op: GraphBuilder) => void = () => undefined): Graph {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 2]);
  more(op);
  return op.finish([op.mul(x, factor)]);
}

describe('programs', () => {
  it('of equal graphs share one session, built apart or with dead ends', async () => {
    await using own = new Device({ provider: 'cpu', threads: 1 });
    const first = await own.compile(scaled(3), 'block');
    const again = await own.compile(
      scaled(3, (op) => op.exp(op.input('unused', 'float32', [1]))),
      'block',
    );
    expect(again.session).toBe(first.session);
    expect(own.sessionCount).toBe(1);
    const other = await own.compile(scaled(4), 'block');
    expect(other.session).not.toBe(first.session);
    expect(own.sessionCount).toBe(2);
  });

  it('asked for at the same time are compiled once', async () => {
    await using own = new Device({ provider: 'cpu', threads: 1 });
    const [a, b] = await Promise.all([own.compile(scaled(5), 'block'), own.compile(scaled(5), 'block')]);
    expect(a.session).toBe(b.session);
  });

  it('write into the given buffers, call after call with other sizes', async () => {
    const program = await device.compile(scaled(3), 'block');
    using buffers = new Buffers();
    const results: number[][] = [];
    const slabs = new Set<ArrayBufferLike>();
    for (const tokens of [3, 1, 2]) {
      const x = hostTensor(
        Float32Array.from({ length: 2 * tokens }, (_, i) => i),
        [tokens, 2],
      );
      const y = Object.values(await device.run(program, { x, unread: x }, { tokens }, buffers))[0]!;
      slabs.add(place(y).slab);
      expect(y.dims).toEqual([tokens, 2]);
      results.push(Array.from(y.data as Float32Array));
    }
    expect(results).toEqual([
      [0, 3, 6, 9, 12, 15],
      [0, 3],
      [0, 3, 6, 9],
    ]);
    expect(slabs.size).toBe(1);
  });

  it('put an output where its owner says', async () => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [2]);
    const [a, b] = [op.mul(x, 2), op.exp(op.neg(x))];
    const program = await device.compile(op.finish([a, b]), 'owners');
    using buffers = new Buffers();
    using owner = new Buffers();
    const feeds = { x: hostTensor(Float32Array.of(1, 0), [2]) };
    const results = await device.run(program, feeds, {}, buffers, { [b.name]: owner });
    expect(place(results[a.name]!).slab.byteLength).toBe(buffers.bytes);
    expect(place(results[b.name]!).slab).not.toBe(place(results[a.name]!).slab);
    expect(owner.bytes).toBeGreaterThan(0);
    // another call that overwrites the first leaves the owner's alone
    buffers.host(floats(2)).forEach((tensor) => (tensor.data as Float32Array).fill(9));
    expect((results[b.name]!.data as Float32Array)[1]).toBe(1);
  });

  it('name the feed that lacks', async () => {
    const program = await device.compile(scaled(3), 'block');
    using buffers = new Buffers();
    await expect(device.run(program, {}, { tokens: 1 }, buffers)).rejects.toThrow('input x is not fed');
    const x = hostTensor(Float32Array.of(1, 2), [1, 2]);
    await expect(device.run(program, { x }, {}, buffers)).rejects.toThrow(
      'size tokens of tokens is not given',
    );
  });
});

describe('on the CPU', () => {
  it('nothing crosses, and what is placed stays what it was', async () => {
    await using own = new Device({ provider: 'cpu', threads: 1 });
    const x = hostTensor(Float32Array.of(1, 2), [1, 2]);
    const feeds = { x };
    expect(await own.place(feeds)).toBe(feeds);
    using buffers = new Buffers();
    const result = await own.run(await own.compile(scaled(2), 'block'), feeds, { tokens: 1 }, buffers);
    expect(Array.from(await own.read(Object.values(result)[0]!))).toEqual([2, 4]);
    expect(own.traffic).toEqual({ toDevice: 0, toHost: 0 });
  });

  it('an upload is a copy in the buffers, or the array itself without them', async () => {
    const data = Float32Array.of(1, 2);
    expect((await device.upload(data, [2])).data).toBe(data);
    using buffers = new Buffers();
    const copy = await device.upload(data, [2], buffers);
    data.fill(0);
    expect(Array.from(copy.data as Float32Array)).toEqual([1, 2]);
  });
});
