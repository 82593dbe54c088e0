/** @file Gradients of a method's parameters and of its input on one small layer, for a given gradient of its output; in double precision. */
import { backward } from '../../runtime/autodiff/backward.ts';
import { GraphBuilder } from '../../runtime/graph/ops.ts';
import type { Value } from '../../runtime/graph/ir.ts';
import type { AdapterMethod, MethodOptions } from '../../runtime/methods/method.ts';
import type { Device } from '../../runtime/ort/device.ts';
import { silent } from './checkMethod.ts';
import { evaluate } from './evaluate.ts';

export interface Scene {
  readonly inputs: number;
  readonly outputs: number;
  /** Shape of x without its last axis. */
  readonly lead: readonly number[];
  /** [outputs, inputs], [..., inputs] and [..., outputs]. */
  readonly weight: ArrayLike<number>;
  readonly x: ArrayLike<number>;
  readonly dy: ArrayLike<number>;
}

/** By the parameters' names, and `x`: the whole slope by the input, the frozen weight's part included; `y` is the output. */
export async function methodGradients<O extends MethodOptions>(
  device: Device,
  method: AdapterMethod<O>,
  options: O,
  { inputs, outputs, lead, ...numbers }: Scene,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Promise<Readonly<Record<string, number[]>>> {
  const op = new GraphBuilder();
  const layer = { path: 'layer', inputs, outputs };
  const specs = method.params(options, layer);
  const params: Record<string, Value> = {};
  for (const [key, { shape }] of Object.entries(specs)) params[key] = op.input(key, 'float64', shape);
  const x = op.input('x', 'float64', [...lead, inputs]);
  const weight = op.constant(Float64Array.from(numbers.weight), [outputs, inputs]);
  const flat = op.reshape(x, [lead.reduce((n, size) => n * size, 1), inputs]);
  const y = op.matmul(flat, weight, { transB: true });
  const out = method.apply(
    { op, layer, weight, transposed: false, x: flat, dropped: flat, y, side: silent(op) },
    params,
    options,
  );
  const gradient = op.constant(Float64Array.from(numbers.dy), out.shape as number[]);
  const trained = Object.keys(specs).filter((key) => !specs[key]!.frozen);
  const wanted = [...trained.map((key) => params[key]!), x];
  const graph = op.finish([op.detach(out), ...backward(op, [{ value: out, gradient }], wanted)]);
  const feeds = Object.fromEntries(
    [...Object.entries(values), ['x', numbers.x] as const].map(([key, data]) => [
      key,
      Float64Array.from(data),
    ]),
  );
  const results = await evaluate(device, graph, feeds);
  return Object.fromEntries(['y', ...trained, 'x'].map((key, i) => [key, results[i]!]));
}
