/** @file One optimiser step over all segments: norm of the whole gradient, clip factor, update. */
import type { TrainingConfig } from '../contract/config.ts';
import { elementCount } from '../model/adapted.ts';
import type { FlatLayout } from '../model/adapted.ts';
import { Buffers } from '../ort/device.ts';
import type { Device, Program } from '../ort/device.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import { optimizers } from './optimizers/index.ts';
import { updateGraph } from './optimizers/optimizer.ts';
import type { Mask, Optimizer, UpdateGraph } from './optimizers/optimizer.ts';
import type { Parameters } from './parameters.ts';

const number = (x: number): Tensor => hostTensor(new Float32Array([x]), [1]);

/** Gradient norms are kept this far from a division by zero, as PyTorch's clip_grad_norm_ does. */
const NORM_EPS = 1e-6;

export class Updater implements Disposable {
  readonly #device: Device;
  readonly #config: TrainingConfig;
  readonly #optimizer: Optimizer;
  readonly #programs = new Map<string, { update: UpdateGraph; program: Program }>();
  readonly #masks: Readonly<Record<Mask, Map<Parameters, Tensor>>> = { decay: new Map(), rate: new Map() };
  readonly #scratch = new Buffers();

  constructor(device: Device, config: TrainingConfig) {
    this.#device = device;
    this.#config = config;
    this.#optimizer = optimizers[config.optimizer];
  }

  /** Names of the state vectors each segment keeps between steps. */
  get state(): readonly string[] {
    return this.#optimizer.state;
  }

  /** Gives a segment's state vectors their first value, zeros. */
  async prepare(parameters: Parameters): Promise<void> {
    for (const name of this.#optimizer.state)
      if (!parameters.has(name)) await parameters.write(name, new Float32Array(parameters.size));
  }

  /** Factor that brings a gradient of this norm down to the configured largest one; 1 where it is smaller or clipping is off. */
  clipFactor(norm: number): number {
    return this.#config.clip > 0 ? Math.min(1, this.#config.clip / (norm + NORM_EPS)) : 1;
  }

  /** Moves the values of all segments; `t` counts from 1. */
  async step(all: readonly Parameters[], t: number, learningRate: number, clip: number): Promise<void> {
    const scalars = this.#optimizer.scalars(this.#config, t, learningRate);
    for (const parameters of all) {
      const masks = this.#masksOf(parameters);
      const { update, program } = await this.#program(masks, Object.keys(scalars));
      const feeds: Record<string, Tensor> = {
        values: parameters.vector('values'),
        gradient: parameters.vector('gradient'),
        clip: number(clip),
        decay: masks.includes('decay') ? await this.#mask('decay', parameters) : number(1),
        rate: masks.includes('rate') ? await this.#mask('rate', parameters) : number(1),
      };
      for (const name of this.#optimizer.state) feeds[name] = parameters.vector(name);
      for (const [name, value] of Object.entries(scalars)) feeds[name] = number(value);
      const vectors = ['values', ...this.#optimizer.state];
      const owners = Object.fromEntries(
        update.outputs.map((output, i) => [output, parameters.next(vectors[i]!)]),
      );
      const out = await this.#device.run(program, feeds, { size: parameters.size }, this.#scratch, owners);
      vectors.forEach((name, i) => {
        parameters.replace(name, out[update.outputs[i]!]!);
      });
    }
  }

  /** Which factors differ from number to number of a segment. */
  #masksOf({ layout: { entries } }: Parameters): Mask[] {
    const masks: Mask[] = [];
    if (!this.#config.decayAll && entries.some(({ decays }) => !decays)) masks.push('decay');
    if (entries.some(({ rate }) => rate !== 1)) masks.push('rate');
    return masks;
  }

  async #program(
    masks: readonly Mask[],
    scalars: readonly string[],
  ): Promise<{ update: UpdateGraph; program: Program }> {
    const key = masks.join();
    let known = this.#programs.get(key);
    if (!known) {
      const update = updateGraph(this.#optimizer, scalars, masks);
      known = { update, program: await this.#device.compile(update.graph, `update.${this.#optimizer.kind}`) };
      this.#programs.set(key, known);
    }
    return known;
  }

  async #mask(name: Mask, parameters: Parameters): Promise<Tensor> {
    const known = this.#masks[name].get(parameters);
    if (known) return known;
    const vector = name === 'decay' ? decayVector(parameters.layout) : rateVector(parameters.layout);
    const mask = await this.#device.upload(vector, [parameters.size]);
    this.#masks[name].set(parameters, mask);
    return mask;
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

/** 1 for each number that decays, 0 for those of biases and norms. */
export function decayVector({ size, entries }: FlatLayout): Float32Array {
  const vector = new Float32Array(size);
  for (const { decays, offset, shape } of entries)
    if (decays) vector.fill(1, offset, offset + elementCount(shape));
  return vector;
}

/** Each number's factor on the learning rate. */
export function rateVector({ size, entries }: FlatLayout): Float32Array {
  const vector = new Float32Array(size);
  for (const { rate, offset, shape } of entries) vector.fill(rate, offset, offset + elementCount(shape));
  return vector;
}
