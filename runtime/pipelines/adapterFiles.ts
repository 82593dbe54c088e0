/** @file Writes an adapter as a PEFT folder and proves by reading it back that it says the same. */
import type { MethodConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { writeFolder } from '../formats/atomicFolder.ts';
import type { CardFacts } from '../formats/modelCard.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { writePeftAdapter } from '../formats/peftWrite.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapted } from '../model/adapted.ts';
import type { Base } from '../model/decoder.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import type { Parameters } from '../train/parameters.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { namedTensors, startValues } from './adapterModel.ts';

export interface AdapterToWrite {
  readonly base: Base;
  readonly adapted: Adapted;
  readonly method: MethodConfig;
  readonly parameters: readonly Parameters[];
  readonly card?: CardFacts;
}

/** Writes adapter_config.json, adapter_model.safetensors and, with facts for it, the model card into an existing folder. */
export async function writeAdapterInto(
  folder: string,
  adapter: AdapterToWrite,
  vector = 'values',
): Promise<void> {
  const { base, adapted, method, card } = adapter;
  const tensors = await namedTensors(adapter.parameters, vector);
  const linears = linearsOf(base.spec);
  const ranks = [...adapted.linears].map(([path, { options }]) => ({ path, ...options }));
  const attached = [...adapted.linears.values()];
  const differing = (
    value: (item: (typeof ranks)[number]) => number,
    usual: number,
  ): Record<string, number> =>
    Object.fromEntries(ranks.filter((item) => value(item) !== usual).map((item) => [item.path, value(item)]));
  writePeftAdapter(
    folder,
    {
      base: base.name,
      ...(base.spec.task !== undefined && { task: base.spec.task }),
      ...(base.revision !== undefined && { revision: base.revision }),
      rank: method.rank,
      alpha: method.alpha,
      dropout: method.dropout,
      // what is attached counts: an adapter that is continued may be of another kind than the config's
      rankStabilized: attached.some(({ options }) => options.rankStabilized),
      dora: attached.some(({ method: { kind } }) => kind === 'dora'),
      loraBias: attached.some(({ options }) => options.bias),
      fanInFanOut: linears.some(({ path, transposed }) => transposed && adapted.linears.has(path)),
      targets: [...adapted.linears.keys()],
      linears: linears.map(({ path }) => path),
      rankPattern: differing(({ rank }) => rank, method.rank),
      alphaPattern: differing(({ alpha }) => alpha, method.alpha),
      // whole paths: PEFT takes any module whose name ends so, "norm" would mean each "input_layernorm" too
      modulesToSave: [...new Set([...adapted.saved].map((name) => name.slice(0, name.lastIndexOf('.'))))],
      tensors: tensors.map(({ name, shape, data }) => ({ name, dtype: 'F32' as const, shape, data })),
    },
    card,
  );
}

/** Writes the adapter's folder atomically; an older one there is replaced. */
export function writeAdapter(folder: string, adapter: AdapterToWrite): Promise<void> {
  return writeFolder(folder, (temporary) => writeAdapterInto(temporary, adapter));
}

/** Largest difference of token losses that two readings of one adapter may show. */
const TOLERANCE = 1e-5;

/**
 * Reads the written folder as any other adapter and compares its losses on `rows` with the engine's own.
 * Throws `adapter-differs` with the difference.
 */
export async function verifyAdapter(
  folder: string,
  base: Base,
  engine: Engine,
  options: EngineOptions,
  rows: readonly TokenRow[],
): Promise<void> {
  const peft = openPeftAdapter(folder);
  try {
    const model = adapterFromPeft(peft, base);
    using reread = new Engine(base, model.adapted, {
      ...options,
      overrides: model.overrides,
      weights: engine.weights,
    });
    await startValues(await reread.model.parameters(), model.values, 0);
    const [ours, theirs] = [await engine.losses(rows), await reread.losses(rows)];
    const worst = ours.tokenLoss.reduce((most, loss, i) => {
      const difference = Math.abs(loss - theirs.tokenLoss[i]!) / Math.max(1, Math.abs(loss));
      return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
    }, 0);
    if (worst > TOLERANCE)
      throw new UserError(
        'adapter-differs',
        `reads back differently: losses differ by ${worst.toExponential(1)}.`,
        {
          place: { file: folder },
          hint: 'The disk or this program is at fault; the checkpoints are untouched.',
        },
      );
  } finally {
    peft.close();
  }
}
