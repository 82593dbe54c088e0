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
import type { Optimizer, UpdateGraph } from './optimizers/optimizer.ts';
import type { Parameters } from './parameters.ts';

const number = (x: number): Tensor => hostTensor(new Float32Array([x]), [1]);

/** Gradient norms are kept this far from a division by zero, as PyTorch's clip_grad_norm_ does. */
const NORM_EPS = 1e-6;

export class Updater implements Disposable {
  readonly #device: Device;
  readonly #config: TrainingConfig;
  readonly #optimizer: Optimizer;
  readonly #programs = new Map<boolean, { update: UpdateGraph; program: Program }>();
  readonly #decays = new Map<Parameters, Tensor>();
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
      const mixed = !this.#config.decayAll && parameters.layout.entries.some(({ decays }) => !decays);
      const { update, program } = await this.#program(mixed, Object.keys(scalars));
      const feeds: Record<string, Tensor> = {
        values: parameters.vector('values'),
        gradient: parameters.vector('gradient'),
        clip: number(clip),
        decay: mixed ? await this.#decayMask(parameters) : number(1),
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

  async #program(
    masked: boolean,
    scalars: readonly string[],
  ): Promise<{ update: UpdateGraph; program: Program }> {
    let known = this.#programs.get(masked);
    if (!known) {
      const update = updateGraph(this.#optimizer, scalars, masked);
      known = { update, program: await this.#device.compile(update.graph, `update.${this.#optimizer.kind}`) };
      this.#programs.set(masked, known);
    }
    return known;
  }

  async #decayMask(parameters: Parameters): Promise<Tensor> {
    let mask = this.#decays.get(parameters);
    if (!mask) {
      mask = await this.#device.upload(decayVector(parameters.layout), [parameters.size]);
      this.#decays.set(parameters, mask);
    }
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
