/** @file One check for all gradient rules: the slope along a direction, by central differences and by the rule. */
import { backward } from '../../runtime/autodiff/backward.ts';
import type { ElementType, Value } from '../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../runtime/graph/ops.ts';
import { Buffers } from '../../runtime/ort/device.ts';
import type { Device } from '../../runtime/ort/device.ts';
import { hostTensor } from '../../runtime/ort/session.ts';
import type { Tensor } from '../../runtime/ort/session.ts';
import { uniform } from '../../runtime/train/random.ts';

export interface GradientCase {
  /** Inputs that are differentiated, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly build: (op: GraphBuilder, x: Readonly<Record<string, Value>>) => Value;
  /** Kernels that ONNX Runtime has in single precision only. */
  readonly single?: boolean;
  /** Keeps inputs positive, where the function needs it. */
  readonly positive?: boolean;
}

type Numbers = Float32Array | Float64Array;

function numbers(count: number, random: () => number, { single, positive }: GradientCase): Numbers {
  const list = Array.from({ length: count }, () => (positive ? 0.5 + random() : 2 * random() - 1));
  return single ? new Float32Array(list) : new Float64Array(list);
}

const size = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** Relative difference between both slopes along random directions, one a differentiated input; 0 is perfect. */
export async function gradientError(
  device: Device,
  name: string,
  item: GradientCase,
  seed = 7,
): Promise<number> {
  const random = uniform(seed);
  const type: ElementType = item.single ? 'float32' : 'float64';
  const op = new GraphBuilder();
  const inputs = Object.fromEntries(
    Object.entries(item.shapes).map(([key, shape]) => [key, op.input(key, type, shape)]),
  );
  const y = item.build(op, inputs);
  const u = op.input('upstream', type, y.shape);
  const loss = op.sum(
    op.mul(y, u),
    y.shape.map((_, axis) => axis),
  );
  const wanted = Object.values(inputs);
  const gradients = backward(op, [{ value: y, gradient: u }], wanted);
  const forward = await device.compile(op.finish([loss]), `${name}.forward`);
  const reverse = await device.compile(op.finish(gradients), `${name}.backward`);
  const values = Object.fromEntries(
    Object.entries(item.shapes).map(([k, s]) => [k, numbers(size(s), random, item)]),
  );
  const weight = numbers(size(y.shape as number[]), random, { ...item, positive: false });
  const feeds = (changed: Readonly<Record<string, Numbers>>): Record<string, Tensor> => ({
    ...Object.fromEntries(
      Object.entries(item.shapes).map(([k, s]) => [k, hostTensor(changed[k] ?? values[k]!, s)]),
    ),
    upstream: hostTensor(weight, y.shape as number[]),
  });
  using buffers = new Buffers();
  const out = await device.run(reverse, feeds({}), {}, buffers);
  const lossAt = async (changed: Readonly<Record<string, Numbers>>): Promise<number> => {
    using own = new Buffers();
    return Number((await device.run(forward, feeds(changed), {}, own))[loss.name]!.data[0]);
  };
  let worst = 0;
  for (const [i, [key, shape]] of Object.entries(item.shapes).entries()) {
    const direction = numbers(size(shape), random, { ...item, positive: false });
    const gradient = Array.from(out[gradients[i]!.name]!.data as Numbers);
    const slope = gradient.reduce<number>((sum, g, j) => sum + g * direction[j]!, 0);
    const h = item.single ? 1e-2 : 1e-5;
    const shifted = (sign: number): Numbers => {
      const moved = values[key]!.slice();
      for (let j = 0; j < moved.length; j++) moved[j]! += sign * h * direction[j]!;
      return moved;
    };
    const numeric =
      ((await lossAt({ [key]: shifted(1) })) - (await lossAt({ [key]: shifted(-1) }))) / (2 * h);
    const scale = gradient.reduce<number>((sum, g, j) => sum + Math.abs(g * direction[j]!), 1e-6);
    worst = Math.max(worst, Math.abs(slope - numeric) / scale);
  }
  return worst;
}
