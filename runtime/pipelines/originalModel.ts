/** @file The original model of a LoRAM run with the recovered adapter: what is evaluated, sampled and written. */
import type { Base } from '../model/decoder.ts';
import type { Adapter } from '../model/adapted.ts';
import { recoverAdapter } from '../model/prune/recover.ts';
import type { PruneManifest } from '../model/prune/manifest.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import type { Parameters } from '../train/parameters.ts';
import { Weights } from '../train/weights.ts';
import { startValues } from './adapterModel.ts';
import { allTensors } from './storedAdapter.ts';

/** Its weights are read as they are needed, so that training keeps what it saved. */
export class OriginalModel implements Disposable {
  readonly base: Base;
  readonly engine: Engine;
  /** Another engine made with these reads the same weights. */
  readonly options: EngineOptions;
  /** The adapter in the original's shapes, as `recover` left it. */
  readonly parameters: readonly Parameters[];
  readonly #manifest: PruneManifest;
  readonly #trained: readonly Parameters[];

  private constructor(
    scene: { readonly base: Base; readonly manifest: PruneManifest; readonly trained: readonly Parameters[] },
    engine: Engine,
    options: EngineOptions,
    parameters: readonly Parameters[],
  ) {
    this.base = scene.base;
    this.#manifest = scene.manifest;
    this.#trained = scene.trained;
    this.engine = engine;
    this.options = options;
    this.parameters = parameters;
  }

  /** `trained` are the parameters on the smaller base. */
  static async open(
    scene: {
      readonly base: Base;
      readonly manifest: PruneManifest;
      readonly adapted: Adapter;
      readonly trained: readonly Parameters[];
    },
    common: EngineOptions,
  ): Promise<OriginalModel> {
    const weights = new Weights(scene.base, common.device, undefined, false);
    const options: EngineOptions = { ...common, policy: 'low', weights };
    const engine = new Engine(scene.base, scene.adapted, options);
    return new OriginalModel(scene, engine, options, await engine.model.parameters());
  }

  /** Takes over what is trained now: zeros stand in the place of pruned units. */
  readonly recover = async (): Promise<void> => {
    const tensors = await allTensors(this.#trained);
    const recovered = recoverAdapter(tensors, this.base.spec, this.#manifest.plan);
    await startValues(this.parameters, (name) => recovered.get(name)?.data, 0);
  };

  [Symbol.dispose](): void {
    this.engine[Symbol.dispose]();
  }
}
