/**
 * @file The laws that every adapter method obeys, on one small layer: with fresh parameters it is the base, one merged weight does the
 * work of both, its slopes are right, and its stored form computes the same.
 */
import { expect } from 'vitest';
import { GraphBuilder } from '../../runtime/graph/ops.ts';
import type { Value } from '../../runtime/graph/ir.ts';
import { fillInitial } from '../../runtime/methods/init.ts';
import { dora } from '../../runtime/methods/dora.ts';
import { lora } from '../../runtime/methods/lora.ts';
import { mergeRow } from '../../runtime/methods/merge.ts';
import { matrix } from '../../runtime/methods/parts/matrix.ts';
import { product as matrixProduct } from '../../runtime/methods/parts/products.ts';
import type {
  AdapterMethod,
  LayerTensors,
  MethodOptions,
  SideChannel,
  StoredForm,
} from '../../runtime/methods/method.ts';
import type { Device } from '../../runtime/ort/device.ts';
import { hashKey, uniform } from '../../runtime/train/random.ts';
import { gradientError } from './checkGradient.ts';
import { evaluate, randomNumbers } from './evaluate.ts';
import { relativeError } from './randomModel.ts';

export const layer = { path: 'layer', inputs: 6, outputs: 5 } as const;
export const tokens = 4;

/** Row-major [outputs, inputs] weight and [tokens, inputs] input of the layer that the laws are checked on. */
export const frozen = {
  weight: randomNumbers(layer.outputs * layer.inputs, 'weight'),
  x: randomNumbers(tokens * layer.inputs, 'x'),
};

type Numbers = Readonly<Record<string, Float32Array>>;

const count = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** The side channel of a graph that doesn't learn, its inputs made on demand. */
export function silent(op: GraphBuilder): SideChannel {
  return {
    training: false,
    rows: () => op.input('rowIds', 'int64', [tokens]),
    shares: () => op.input('tokenShares', 'float32', [tokens, 1]),
    present: () => op.input('tokensPresent', 'float32', [tokens, 1]),
    taskSigns: () => op.input('taskSigns', 'float32', [1, 1]),
    minimise: () => undefined,
    observe: () => undefined,
  };
}

/** x Wᵀ adapted, added to `op`; params by the method's names, W as `transposed` says. */
export function applied<O extends MethodOptions>(
  op: GraphBuilder,
  method: AdapterMethod<O>,
  options: O,
  { x, weight, params }: { x: Value; weight: Value; params: Readonly<Record<string, Value>> },
  transposed = false,
): Value {
  const y = op.matmul(x, weight, { transB: !transposed });
  return method.apply({ op, layer, weight, transposed, x, dropped: x, y, side: silent(op) }, params, options);
}

/** The frozen weight, less what a mode that changes the base has subtracted from it. */
function sitsOn<O extends MethodOptions>(
  method: AdapterMethod<O>,
  options: O,
  values: Numbers,
): Float32Array {
  const change = method.rebase?.(options);
  if (!change) return frozen.weight;
  const W = matrix(layer.outputs, layer.inputs, Float64Array.from(frozen.weight));
  return Float32Array.from(change(W, tensorsOf(method, options, values)).data);
}

/** What the layer gives with these parameters, flat [tokens, outputs]. */
export async function outputOf<O extends MethodOptions>(
  device: Device,
  method: AdapterMethod<O>,
  options: O,
  values: Numbers,
  transposed = false,
): Promise<number[]> {
  const op = new GraphBuilder();
  const { inputs, outputs } = layer;
  const params = Object.fromEntries(
    Object.entries(method.params(options, layer)).map(([key, { shape }]) => [
      key,
      op.input(key, 'float32', shape),
    ]),
  );
  const x = op.input('x', 'float32', [tokens, inputs]);
  const weight = op.input('weight', 'float32', transposed ? [inputs, outputs] : [outputs, inputs]);
  const straight = sitsOn(method, options, values);
  const turned = straight.map((_, i) => straight[(i % outputs) * inputs + Math.floor(i / outputs)]!);
  const y = applied(op, method, options, { x, weight, params }, transposed);
  const feeds = { x: frozen.x, weight: transposed ? turned : straight, ...values };
  return (await evaluate(device, op.finish([y]), feeds))[0]!;
}

/** x Vᵀ in double precision for a whole weight V, [outputs, inputs]. */
export function product(V: ArrayLike<number>): number[] {
  return Array.from({ length: tokens * layer.outputs }, (_, at) => {
    const [token, output] = [Math.floor(at / layer.outputs), at % layer.outputs];
    let sum = 0;
    for (let i = 0; i < layer.inputs; i++)
      sum += frozen.x[token * layer.inputs + i]! * V[output * layer.inputs + i]!;
    return sum;
  });
}

/** W + s B A, [outputs, inputs], in double precision. */
export function withLowRank(
  { A, B }: { readonly A: ArrayLike<number>; readonly B: ArrayLike<number> },
  rank: number,
  scale: number,
): number[] {
  return Array.from(frozen.weight, (w, at) => {
    const [output, input] = [Math.floor(at / layer.inputs), at % layer.inputs];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += B[output * rank + r]! * A[r * layer.inputs + input]!;
    return w + scale * sum;
  });
}

/** What an adapter's file would hold of the layer. */
export function storedForm<O extends MethodOptions>(
  method: AdapterMethod<O>,
  options: O,
  values: Numbers,
): StoredForm {
  return method.stored(tensorsOf(method, options, values), options, layer);
}

function tensorsOf<O extends MethodOptions>(
  method: AdapterMethod<O>,
  options: O,
  values: Numbers,
): LayerTensors {
  const specs = Object.entries(method.params(options, layer));
  return Object.fromEntries(specs.map(([key, { shape }]) => [key, { shape, data: values[key]! }]));
}

/** What the layer gives when the stored form is read as the LoRA or DoRA that it is. */
async function reloaded(device: Device, form: StoredForm): Promise<number[]> {
  const { rank, alpha, rankStabilized, bias = false } = form;
  const method = form.dora ? dora : lora;
  const options = { rank, alpha, rankStabilized, bias };
  const values = Object.fromEntries(
    Object.entries(method.params(options, layer)).map(([key, { tensor, shape }]) => {
      const found = form.tensors[tensor]!;
      expect(found.shape, tensor).toEqual(shape);
      return [key, found.data];
    }),
  );
  return outputOf(device, method, options, values);
}

/** The merged weight, [outputs, inputs]. */
function merged(form: StoredForm): Float64Array {
  const V = Float64Array.from(frozen.weight);
  for (let output = 0; output < layer.outputs; output++)
    mergeRow(V.subarray(output * layer.inputs, (output + 1) * layer.inputs), output, form);
  return V;
}

/** Parameters as a new adapter has them: by their own rules, or computed from the weight or a random gradient. */
async function fresh<O extends MethodOptions>(method: AdapterMethod<O>, options: O): Promise<Numbers> {
  const specs = Object.entries(method.params(options, layer));
  const { outputs, inputs } = layer;
  const G = matrix(outputs, inputs, Float64Array.from(randomNumbers(outputs * inputs, 'gradient')));
  const started = await method.start?.(options)?.compute({
    layer,
    weight: () => matrix(outputs, inputs, Float64Array.from(frozen.weight)),
    gradient: () => ({ kind: 'full', G, batches: 1 }),
    sources: { multiply: matrixProduct, random: uniform(hashKey('start')) },
    optimizer: 'adamw',
    firstStepRate: 1e-4,
  });
  return Object.fromEntries(
    specs.map(([key, { tensor, shape, init }]) => {
      const data = new Float32Array(count(shape));
      fillInitial(data, init, inputs, uniform(hashKey('fresh', tensor)));
      const computed = started?.tensors[key]?.data;
      expect(init === 'computed', `${key} is computed`).toBe(computed !== undefined);
      expect(computed?.length ?? data.length).toBe(data.length);
      return [key, computed ? Float32Array.from(computed) : data];
    }),
  );
}

/** How far from the base a fresh adapter may be, relative; a start that is itself a small step moves it a little. */
const freshWithin = { equal: 1e-6, nearly: 1e-5, moved: 1e-2 } as const;

/** Random parameters, none of them zero. */
export function randomParams<O extends MethodOptions>(method: AdapterMethod<O>, options: O): Numbers {
  return Object.fromEntries(
    Object.entries(method.params(options, layer)).map(([key, { shape }]) => [
      key,
      randomNumbers(count(shape), key).map((x) => x + 0.1 * Math.sign(x)),
    ]),
  );
}

interface Laws {
  /** Parameters whose gradient is meant to be another than the slope, since a part is detached. */
  readonly detached?: readonly string[];
}

/** One weight does the work of both, biases aside; read back from its file the adapter computes the same. */
async function checkForm<O extends MethodOptions>(
  device: Device,
  method: AdapterMethod<O>,
  options: O,
  values: Numbers,
): Promise<void> {
  const form = storedForm(method, options, values);
  // a form of the method's own has a reader, and a test there
  expect(form.own === undefined).toBe(method.unmergeable === undefined);
  if (form.own) return;
  const straight = await outputOf(device, method, options, values);
  expect(relativeError(await reloaded(device, form), straight)).toBeLessThan(2e-6);
  const unbiased = { ...values, ...(values['bias'] && { bias: new Float32Array(layer.outputs) }) };
  const formed = product(merged(storedForm(method, options, unbiased)));
  expect(relativeError(await outputOf(device, method, options, unbiased), formed)).toBeLessThan(2e-6);
}

/**
 * Checks the laws for one choice of options: fresh it is the base (as near as its start says), a transposed layer gives the same, one
 * merged weight and the stored form do the same work, gradients are slopes.
 */
export async function checkMethod<O extends MethodOptions>(
  device: Device,
  method: AdapterMethod<O>,
  options: O,
  { detached = [] }: Laws = {},
): Promise<void> {
  const specs = method.params(options, layer);
  expect(new Set(Object.values(specs).map(({ tensor }) => tensor)).size).toBe(Object.keys(specs).length);
  // fresh = base
  const within = freshWithin[method.start?.(options)?.fresh ?? 'equal'];
  for (const transposed of [false, true]) {
    const y = await outputOf(device, method, options, await fresh(method, options), transposed);
    expect(relativeError(y, product(frozen.weight)), 'fresh').toBeLessThan(within);
  }
  // a weight that is stored the other way round gives the same
  const values = randomParams(method, options);
  const straight = await outputOf(device, method, options, values);
  expect(relativeError(await outputOf(device, method, options, values, true), straight)).toBeLessThan(1e-5);
  expect(relativeError(straight, product(frozen.weight))).toBeGreaterThan(1e-2);
  await checkForm(device, method, options, values);
  // slopes by central differences, of the parameters and of the input
  const sloped = Object.entries(specs).filter(([key, spec]) => !detached.includes(key) && !spec.frozen);
  const shapes = Object.fromEntries(sloped.map(([key, { shape }]) => [key, shape]));
  const error = await gradientError(device, method.kind, {
    shapes: { ...shapes, x: [tokens, layer.inputs] },
    build: (op, inputs) => {
      const weight = op.constant(Float64Array.from(frozen.weight), [layer.outputs, layer.inputs]);
      const still = Object.keys(specs).filter((key) => !sloped.some(([name]) => name === key));
      const held = still.map((key) => [key, op.constant(Float64Array.from(values[key]!), specs[key]!.shape)]);
      const params = { ...inputs, ...(Object.fromEntries(held) as Record<string, Value>) };
      return applied(op, method, options, { x: inputs['x']!, weight, params });
    },
  });
  expect(error, 'slopes').toBeLessThan(1e-6);
}
