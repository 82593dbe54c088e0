/** @file Numbers out of small graphs, for tests that compare with the formula in plain TypeScript. */
import { concreteShape } from '../../runtime/graph/sizes.ts';
import type { Sizes } from '../../runtime/graph/sizes.ts';
import { Buffers } from '../../runtime/ort/device.ts';
import type { Device } from '../../runtime/ort/device.ts';
import { hostTensor } from '../../runtime/ort/session.ts';
import type { HostArray } from '../../runtime/ort/session.ts';
import type { Graph } from '../../runtime/graph/ir.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';

/** Outputs of `graph` in order, flat; each feed has the shape that the graph gives its input under `sizes`. */
export async function evaluate(
  device: Device,
  graph: Graph,
  feeds: Readonly<Record<string, HostArray>>,
  sizes: Sizes = {},
): Promise<number[][]> {
  const program = await device.compile(graph, 'test');
  const tensors = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => [name, hostTensor(feeds[name]!, concreteShape(shape, sizes))]),
  );
  using buffers = new Buffers();
  const results = await device.run(program, tensors, sizes, buffers);
  return graph.outputs.map(({ name }) => Array.from(results[name]!.data as ArrayLike<number>, Number));
}

/** `count` numbers in +-1 that follow from `key`. */
export function randomNumbers(count: number, key: string | number): Float32Array {
  const random = uniform(hashKey('numbers', key));
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
}
