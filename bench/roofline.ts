/** @file The time a step's matrix products would take alone, at the rate this machine reaches on their very shapes. */
import type { MemoryPolicy } from '../runtime/contract/config.ts';
import { GraphBuilder } from '../runtime/graph/ops.ts';
import type { Base } from '../runtime/model/decoder.ts';
import { blockLinears } from '../runtime/model/specTensors.ts';
import { Buffers, Device } from '../runtime/ort/device.ts';
import { hostTensor } from '../runtime/ort/session.ts';
import { HEAD_ROWS } from '../runtime/train/estimate.ts';

export interface Roofline {
  /** Of a step's frozen products: forward, gradient of the input, and what the policy computes twice. */
  readonly gemmSeconds: number;
  readonly gemmFlops: number;
  /** Floating-point operations a second of bare products. */
  readonly flopsPerSecond: number;
}

const REPEATS = 8;

/** Least seconds of [m, k] x [k, n], the weight stored as [k, n] or as [n, k], whichever is faster. */
async function productSeconds(device: Device, m: number, k: number, n: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const transB of [false, true]) {
    const op = new GraphBuilder();
    const shapes = { x: [m, k], w: transB ? [n, k] : [k, n] };
    const graph = op.finish([
      op.matmul(op.input('x', 'float32', shapes.x), op.input('w', 'float32', shapes.w), { transB }),
    ]);
    const program = await device.compile(graph, 'product');
    const feeds = Object.fromEntries(
      Object.entries(shapes).map(([name, dims]) => [
        name,
        hostTensor(new Float32Array(m * k * n > 0 ? dims[0]! * dims[1]! : 0).fill(0.5), dims),
      ]),
    );
    using buffers = new Buffers();
    for (let i = 0; i < REPEATS; i++) {
      const began = performance.now();
      await device.run(program, feeds, {}, buffers);
      least = Math.min(least, (performance.now() - began) / 1000);
    }
  }
  return least;
}

/** Counts the frozen products of a step of `tokens` tokens, `labelled` of them with a loss, and times each shape. */
export async function measureRoofline(
  { spec }: Pick<Base, 'spec'>,
  tokens: number,
  labelled: number,
  policy: MemoryPolicy,
  threads: number,
): Promise<Roofline> {
  await using device = new Device({ provider: 'cpu', threads });
  const known = new Map<string, number>();
  let [gemmSeconds, gemmFlops] = [0, 0];
  const count = async (m: number, k: number, n: number, times: number): Promise<void> => {
    const key = `${m} ${k} ${n}`;
    const seconds = known.get(key) ?? (await productSeconds(device, m, k, n));
    known.set(key, seconds);
    gemmSeconds += times * seconds;
    gemmFlops += times * 2 * m * k * n;
  };
  for (const layer of spec.names.blocks.keys())
    for (const { inputs, outputs, path } of blockLinears(spec, layer)) {
      await count(tokens, inputs, outputs, policy === 'low' ? 2 : 1);
      // below the first block nothing is trained: its inputs need no gradient
      const first = layer === 0 && /[qkv]_proj$/.test(path);
      if (!first) await count(tokens, outputs, inputs, 1);
    }
  const chunks = labelled / HEAD_ROWS;
  await count(HEAD_ROWS, spec.hidden, spec.vocab, chunks);
  await count(HEAD_ROWS, spec.vocab, spec.hidden, chunks);
  return { gemmSeconds, gemmFlops, flopsPerSecond: gemmFlops / gemmSeconds };
}
