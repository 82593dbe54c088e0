/** @file What an optimiser is: one small graph over flat vectors, its step's scalars computed beside it. */
import type { Graph, Value } from '../../graph/ir.ts';
import { GraphBuilder } from '../../graph/ops.ts';
import type { Op } from '../../graph/ops.ts';
import type { TrainingConfig } from '../../contract/config.ts';

/** What an optimiser reads of the config besides the learning rate, which changes from step to step. */
export type OptimizerSettings = Pick<TrainingConfig, 'betas' | 'eps' | 'momentum' | 'weightDecay'>;

/** Inputs of an update, each [size]; the state's vectors come and go under their names. */
export interface UpdateInputs {
  readonly op: Op;
  readonly values: Value;
  /** Already clipped. */
  readonly gradient: Value;
  readonly state: Readonly<Record<string, Value>>;
  /** The optimiser's own scalars, [1] each. */
  readonly scalar: Readonly<Record<string, Value>>;
  /** Factor on weight decay: [1], or [size] where some of the vector's tensors don't decay. */
  readonly decay: Value;
  /** Factor on the learning rate: [1], or [size] where tensors of the vector learn at different rates. */
  readonly rate: Value;
}

/** A factor that may differ from number to number. */
export type Mask = 'decay' | 'rate';

export interface Optimizer {
  readonly kind: TrainingConfig['optimizer'];
  /** Names of the state vectors, which start as zeros. */
  readonly state: readonly string[];
  /** Scalars of step t (counted from 1) at a learning rate. */
  readonly scalars: (
    settings: OptimizerSettings,
    t: number,
    learningRate: number,
  ) => Readonly<Record<string, number>>;
  /** New values and new state. */
  readonly update: (inputs: UpdateInputs) => {
    readonly values: Value;
    readonly state: Readonly<Record<string, Value>>;
  };
}

export interface UpdateGraph {
  readonly graph: Graph;
  readonly scalars: readonly string[];
  /** Output names: new values, then the state in its order. */
  readonly outputs: readonly string[];
}

/** The optimiser's graph; factors in `masks` come a number each instead of one for all. */
export function updateGraph(
  optimizer: Optimizer,
  scalars: readonly string[],
  masks: readonly Mask[],
): UpdateGraph {
  const op = new GraphBuilder();
  const vector = (name: string): Value => op.input(name, 'float32', ['size']);
  const number = (name: string): Value => op.input(name, 'float32', [1]);
  const values = vector('values');
  const gradient = vector('gradient');
  const state = Object.fromEntries(optimizer.state.map((name) => [name, vector(name)]));
  const scalar = Object.fromEntries(scalars.map((name) => [name, number(name)]));
  const factor = (name: Mask): Value => (masks.includes(name) ? vector(name) : number(name));
  const [decay, rate] = [factor('decay'), factor('rate')];
  const clipped = op.mul(gradient, number('clip'));
  const next = optimizer.update({ op, values, gradient: clipped, state, scalar, decay, rate });
  const outputs = [next.values, ...optimizer.state.map((name) => next.state[name]!)];
  return { graph: op.finish(outputs, true), scalars, outputs: outputs.map(({ name }) => name) };
}
