/** @file Writes an adapter as a PEFT folder and proves by reading it back that it says the same. */
import type { MethodConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { writeFolder } from '../formats/atomicFolder.ts';
import type { CardFacts } from '../formats/modelCard.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { writePeftAdapter } from '../formats/peftWrite.ts';
import type { TensorToWrite } from '../formats/safetensors.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapter } from '../model/adapted.ts';
import type { Base } from '../model/decoder.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import type { EngineOptions } from '../train/engine.ts';
import type { Parameters } from '../train/parameters.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { startValues } from './adapterModel.ts';
import { storedAdapter } from './storedAdapter.ts';
import type { StoredAdapter } from './storedAdapter.ts';

export interface AdapterToWrite {
  readonly base: Base;
  readonly adapted: Adapter;
  readonly method: MethodConfig;
  readonly parameters: readonly Parameters[];
  /** What is trained, where `parameters` are what becomes of it elsewhere: a checkpoint goes on with these. */
  readonly trained?: readonly Parameters[];
  /** Brings `parameters` up to date with what is trained. */
  readonly refresh?: () => Promise<void>;
  readonly card?: CardFacts;
}

/** Writes adapter_config.json, adapter_model.safetensors and, with facts for it, the model card into an existing folder. */
export async function writeAdapterInto(folder: string, adapter: AdapterToWrite): Promise<StoredAdapter> {
  const { base, adapted, method, card, parameters } = adapter;
  await adapter.refresh?.();
  const stored = await storedAdapter(adapted, base.spec, parameters);
  const forms = [...stored.forms].map(([path, form]) => ({ path, form }));
  const linears = linearsOf(base.spec);
  // of an adapter that is stored as it is trained, what its config says; else what most layers have
  const own = (key: 'rank' | 'alpha'): number | undefined =>
    forms.every(({ path, form }) => form[key] === adapted.linears.get(path)!.options[key])
      ? method[key]
      : undefined;
  const rank = own('rank') ?? mostCommon(forms.map(({ form }) => form.rank)) ?? method.rank;
  const alpha = own('alpha') ?? mostCommon(forms.map(({ form }) => form.alpha)) ?? method.alpha ?? rank;
  const differing = (key: 'rank' | 'alpha', usual: number): Record<string, number> =>
    Object.fromEntries(
      forms.filter(({ form }) => form[key] !== usual).map(({ path, form }) => [path, form[key]]),
    );
  const foreign = forms.find(({ form }) => form.own)?.form.own;
  writePeftAdapter(
    folder,
    {
      base: base.name,
      ...(base.spec.task !== undefined && { task: base.spec.task }),
      ...(base.spec.labels && { labels: base.spec.labels }),
      ...(base.revision !== undefined && { revision: base.revision }),
      rank,
      alpha,
      dropout: method.dropout ?? 0,
      // what is attached counts: an adapter that is continued may be of another kind than the config's
      rankStabilized: forms.some(({ form }) => form.rankStabilized),
      dora: forms.some(({ form }) => form.dora),
      loraBias: forms.some(({ form }) => form.bias),
      ...(foreign && { own: foreign }),
      fanInFanOut: linears.some(({ path, transposed }) => transposed && adapted.linears.has(path)),
      targets: [...adapted.linears.keys()],
      linears: linears.map(({ path }) => path),
      rankPattern: differing('rank', rank),
      alphaPattern: differing('alpha', alpha),
      // whole paths: PEFT takes any module whose name ends so, "norm" would mean each "input_layernorm" too
      modulesToSave: [...new Set([...adapted.saved].map((name) => name.slice(0, name.lastIndexOf('.'))))],
      tensors: storedTensors(stored),
    },
    card,
  );
  return stored;
}

/** The value that most have: it is written once, what differs as a pattern. */
function mostCommon(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function* storedTensors({ forms, others }: StoredAdapter): Iterable<TensorToWrite> {
  for (const [path, { tensors }] of forms)
    for (const [ending, tensor] of Object.entries(tensors))
      yield { name: `${path}.${ending}`, dtype: 'F32', ...tensor };
  for (const [name, tensor] of others) yield { name, dtype: 'F32', ...tensor };
}

/** Writes the adapter's folder atomically; an older one there is replaced. */
export function writeAdapter(folder: string, adapter: AdapterToWrite): Promise<void> {
  return writeFolder(folder, async (temporary) => {
    await writeAdapterInto(temporary, adapter);
  });
}

/**
 * Largest relative difference of token losses that two readings of one adapter may show: of any token, and in the mean. What is stored
 * as it is computed has no reason for more. Where a factor is multiplied into another (LoRA-XS's R into B) both readings round each in
 * its own way, and a single token may show it: 1.2e-5 at rank 38 on SmolLM2 and 44 on the tiny base.
 */
const LIMITS = { asComputed: { worst: 1e-5, mean: 1e-5 }, folded: { worst: 1e-4, mean: 1e-5 } };

function limitsOf({ linears }: Adapter, base: Base): (typeof LIMITS)['folded'] {
  const shapes = linearsOf(base.spec).filter(({ path }) => linears.has(path));
  const folds = shapes.some((shape) => {
    const { method, options } = linears.get(shape.path)!;
    return Object.values(method.params(options, shape)).some(({ folded }) => folded === true);
  });
  return folds ? LIMITS.folded : LIMITS.asComputed;
}

/**
 * Reads the written folder as any other adapter and compares its losses on `rows` with the engine's own.
 * Throws `adapter-differs` with the difference.
 */
export async function verifyAdapter(
  folder: string,
  { base, adapted }: Pick<AdapterToWrite, 'base' | 'adapted'>,
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
    });
    await startValues(await reread.model.parameters(), model.values, 0);
    const [ours, theirs] = [await engine.losses(rows), await reread.losses(rows)];
    const differences = ours.tokenLoss.map((loss, i) => {
      const difference = Math.abs(loss - theirs.tokenLoss[i]!) / Math.max(1, Math.abs(loss));
      return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    });
    const worst = differences.reduce((most, one) => Math.max(most, one), 0);
    const mean = differences.reduce((sum, one) => sum + one, 0) / Math.max(1, differences.length);
    const limits = limitsOf(adapted, base);
    if (worst > limits.worst || mean > limits.mean)
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
