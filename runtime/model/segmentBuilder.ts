/** @file Collects what one segment's graph reads: weights and trained tensors, under names that don't tell the layer's number. */
import type { Dim, ElementType, Value } from '../graph/ir.ts';
import { GraphBuilder } from '../graph/ops.ts';
import type { SideChannel } from '../methods/method.ts';
import { dropout } from '../methods/parts/dropout.ts';
import { elementCount } from './adapted.ts';
import type { Adapted, Attachment, FlatEntry, FlatLayout } from './adapted.ts';
import type { LinearSpec, WeightCodes } from './decoder.ts';
import { codedWeight } from './quantize/codedWeight.ts';

/** A graph input and the base tensor it stands for. */
export interface WeightUse {
  readonly input: string;
  readonly name: string;
  /** Then several inputs hold it, whose names begin with `<input>.` (quantize/codedWeight.ts). */
  readonly codes?: WeightCodes;
}

/** A place of dropout: all linears that read one value share its mask. */
export interface DropoutSite {
  readonly input: string;
  /** First linear that reads the value, which gives the place its name. */
  readonly path: string;
  readonly features: number;
}

/** Names of the values that segments hand to each other. */
export const names = {
  input: 'x',
  outputGradient: 'dy',
  adapter: 'adapter',
  /** Tensors of the adapter that are never changed. */
  frozenAdapter: 'frozenAdapter',
  /** Sum of what methods minimise beside the loss, and the factor on its gradient. */
  auxiliary: 'auxiliary',
  auxiliaryWeight: 'auxiliaryWeight',
  gradient: 'gradient',
  keep: 'keepGradient',
  newGradient: 'newGradient',
  squaredNorm: 'squaredNorm',
  tokenKeys: 'tokenKeys',
  rowIds: 'rowIds',
  tokenShares: 'tokenShares',
  tokensPresent: 'tokensPresent',
  taskSigns: 'taskSigns',
} as const;

/** An input with something a token, for all tokens or for those of one text of an encoder-decoder: named by their number's name. */
export const inputOf = (name: string, tokens: Dim): string =>
  tokens === 'tokens' ? name : `${name}.${tokens}`;
/** A tensor of an adapter before it has its place in a vector. */
export type Declared = Omit<FlatEntry, 'offset'> & { readonly frozen: boolean };

/** The tensors of one kind (trained or frozen) of a segment: one graph input that is cut into views. */
class FlatInput {
  readonly entries: FlatEntry[] = [];
  size = 0;
  input: Value | undefined;

  add({ frozen: _frozen, ...tensor }: Declared): void {
    this.entries.push({ ...tensor, offset: this.size });
    this.size += elementCount(tensor.shape);
  }

  get layout(): FlatLayout {
    return { size: this.size, entries: this.entries };
  }
}

/** Collects the weights and the flat parameters that a segment's graph reads, under names that don't tell the layer's number. */
export class SegmentBuilder {
  readonly op = new GraphBuilder();
  readonly weights: WeightUse[] = [];
  /** Views of what is trained, in the order of first use. */
  readonly parameters: Value[] = [];
  readonly sites: DropoutSite[] = [];
  /** What methods minimise beside the loss, and show: in graphs that learn only. */
  readonly auxiliaries: Value[] = [];
  readonly observed: { readonly name: string; readonly value: Value }[] = [];
  readonly #trained = new FlatInput();
  readonly #frozen = new FlatInput();
  readonly #known = new Map<string, Value>();
  readonly #adapted: Adapted;
  readonly #dropped = new Map<Value, Value>();
  /** 0 in graphs that don't learn. */
  readonly #dropout: number;
  readonly #training: boolean;
  readonly #inputs = new Map<string, Value>();

  constructor(adapted: Adapted, training = false) {
    this.#adapted = adapted;
    this.#training = training;
    this.#dropout = training ? (adapted.dropout ?? 0) : 0;
  }

  /** Must come before the first use of a parameter, since a flat vector's size is part of the graph. */
  declare(tensors: readonly Declared[]): void {
    for (const tensor of tensors) (tensor.frozen ? this.#frozen : this.#trained).add(tensor);
    for (const [flat, name] of [
      [this.#trained, names.adapter],
      [this.#frozen, names.frozenAdapter],
    ] as const)
      if (flat.size > 0) flat.input = this.op.input(name, 'float32', [flat.size]);
  }

  parameter(name: string): Value {
    const known = this.#known.get(name);
    if (known) return known;
    for (const flat of [this.#trained, this.#frozen]) {
      const entry = flat.entries.find((candidate) => candidate.name === name);
      if (!entry || !flat.input) continue;
      const part = this.op.slice(flat.input, 0, entry.offset, entry.offset + elementCount(entry.shape));
      const value = this.op.reshape(part, entry.shape);
      this.#known.set(name, value);
      if (flat === this.#trained) this.parameters.push(value);
      return value;
    }
    throw new Error(`parameter ${name} was not declared`);
  }

  /** A graph input that several linears may ask for. */
  #shared(name: string, type: ElementType, shape: readonly Dim[]): Value {
    const value = this.#inputs.get(name) ?? this.op.input(name, type, shape);
    this.#inputs.set(name, value);
    return value;
  }

  /** `tokens` is the number of rows of the layer's input. */
  #side(path: string, tokens: Dim): SideChannel {
    const ofTokens = (name: string, type: ElementType, shape: readonly Dim[]): Value =>
      this.#shared(inputOf(name, tokens), type, shape);
    return {
      training: this.#training,
      rows: () => ofTokens(names.rowIds, 'int64', [tokens]),
      shares: () => ofTokens(names.tokenShares, 'float32', [tokens, 1]),
      present: () => ofTokens(names.tokensPresent, 'float32', [tokens, 1]),
      taskSigns: () => this.#shared(names.taskSigns, 'float32', ['rows', 1]),
      minimise: (loss) => this.auxiliaries.push(loss),
      observe: (name, value) => this.observed.push({ name: `${path}.${name}`, value }),
    };
  }

  readonly weight = (name: string, shape: readonly number[]): Value => {
    if (this.#adapted.saved.has(name)) return this.parameter(name);
    const known = this.#known.get(name);
    if (known) return known;
    const input = `weight${this.weights.length}`;
    const value = this.op.input(input, 'float32', shape);
    this.weights.push({ input, name });
    this.#known.set(name, value);
    return value;
  };

  /** A linear's weight as the base stores it; 4-bit ones are expanded in the graph. */
  #linearWeight({ path, inputs, outputs, transposed, codes }: LinearSpec): Value {
    const name = `${path}.weight`;
    const shape = transposed ? [inputs, outputs] : [outputs, inputs];
    if (codes === undefined || this.#adapted.saved.has(name)) return this.weight(name, shape);
    const input = `weight${this.weights.length}`;
    this.weights.push({ input, name, codes });
    return codedWeight(this.op, input, shape, codes);
  }

  readonly linear = (x: Value, linear: LinearSpec): Value => {
    const { op } = this;
    const { path, outputs, transposed } = linear;
    const weight = this.#linearWeight(linear);
    const plain = transposed ? op.matmul(x, weight) : op.matmul(x, weight, { transB: true });
    const attachment = this.#adapted.linears.get(path);
    const y = attachment ? this.#attach(attachment, linear, weight, x, plain) : plain;
    return linear.bias ? op.add(y, this.weight(`${path}.bias`, [outputs])) : y;
  };

  #attach({ method, options }: Attachment, layer: LinearSpec, weight: Value, x: Value, y: Value): Value {
    const specs = Object.entries(method.params(options, layer));
    const params = Object.fromEntries(
      specs.map(([key, { tensor }]) => [key, this.parameter(`${layer.path}.${tensor}`)]),
    );
    const dropped = this.#drop(x, layer);
    return method.apply(
      {
        op: this.op,
        layer,
        weight,
        transposed: layer.transposed,
        x,
        dropped,
        y,
        side: this.#side(layer.path, x.shape[0]!),
      },
      params,
      options,
    );
  }

  /** x after dropout; siblings that read the same value get the same one. */
  #drop(x: Value, { path, inputs }: LinearSpec): Value {
    if (this.#dropout === 0) return x;
    const known = this.#dropped.get(x);
    if (known) return known;
    const tokens = x.shape[0]!;
    const tokenKeys = this.#shared(inputOf(names.tokenKeys, tokens), 'int32', [tokens, 1]);
    const input = `site${this.sites.length}`;
    const featureKeys = this.op.input(input, 'int32', [1, inputs]);
    this.sites.push({ input, path, features: inputs });
    const dropped = dropout(this.op, x, tokenKeys, featureKeys, this.#dropout);
    this.#dropped.set(x, dropped);
    return dropped;
  }

  get layout(): FlatLayout {
    return this.#trained.layout;
  }

  get frozenLayout(): FlatLayout {
    return this.#frozen.layout;
  }

  /** Gradients of all trained parameters as one vector added to what came before, and the sum's squared norm. */
  accumulate(gradients: ReadonlyMap<Value, Value>): readonly Value[] {
    const { op } = this;
    const { entries, size } = this.#trained;
    if (entries.length === 0) return [];
    const parts = entries.map(({ name, shape }) => {
      const value = this.#known.get(name);
      const gradient = value && gradients.get(value);
      const flat = [elementCount(shape)];
      return gradient ? op.reshape(gradient, flat) : op.zeros(flat);
    });
    // keep = 0 starts a new sum without anyone having to clear the old one
    const before = op.mul(op.input(names.gradient, 'float32', [size]), op.input(names.keep, 'float32', [1]));
    const sum = op.node('Add', { A: before, B: op.concat(parts, 0) }, {}, names.newGradient);
    const squared = op.node(
      'ReduceSumSquare',
      { data: sum },
      { axes: [0], keepDims: true },
      names.squaredNorm,
    );
    return [sum, squared];
  }
}

/** Tensors that `linears` and the given whole tensors bring into a segment, in order. */
export function declared(
  adapted: Adapted,
  linears: readonly LinearSpec[],
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
): Declared[] {
  const own = linears.flatMap((linear) => {
    const attachment = adapted.linears.get(linear.path);
    if (!attachment) return [];
    return Object.values(attachment.method.params(attachment.options, linear)).map(
      ({ tensor, shape, init, decays, rate = 1, frozen = false }) => ({
        name: `${linear.path}.${tensor}`,
        shape,
        init,
        decays,
        rate,
        frozen,
      }),
    );
  });
  const saved = tensors
    .filter(({ name }) => adapted.saved.has(name))
    .map(({ name, shape }) => ({
      name,
      shape,
      init: 'zeros' as const,
      decays: shape.length > 1,
      rate: 1,
      frozen: false,
    }));
  return [...own, ...saved];
}
