/**
 * @file Adapters of a pruned base in the original's shapes, and back, as folders. The recovered one is plain LoRA for the original;
 * the compact one names its manifest, and no other reader takes it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeFolder } from '../formats/atomicFolder.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import type { PeftAdapter } from '../formats/peft.ts';
import { compactForm } from '../formats/peftConfig.ts';
import { writePeftAdapter } from '../formats/peftWrite.ts';
import { linearsOf } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { Base } from '../model/decoder.ts';
import { adapterFromPeft, requireTrainable } from '../model/peftAdapter.ts';
import { manifestFile, readManifest, requireBase } from '../model/prune/manifest.ts';
import type { PrunePlan } from '../model/prune/units.ts';
import { prunedBase } from '../model/prune/prunedBase.ts';
import { compactAdapter, recoverAdapter } from '../model/prune/recover.ts';
import type { AdapterTensors } from '../model/prune/recover.ts';
import { hashFile, hashFiles } from '../runs/hash.ts';

export interface RecoverOptions {
  /** The original. */
  readonly base: string;
  /** Folder of the pruned base, with its manifest. */
  readonly pruned: string;
  readonly adapter: string;
  /** A folder that does not exist yet. */
  readonly output: string;
}

export interface Recovered {
  /** Linears that carry an adapter. */
  readonly linears: number;
  /** Numbers of the adapter before and after. */
  readonly numbers: readonly [before: number, after: number];
}

export interface Compacted extends Recovered {
  /** Largest magnitude among the numbers that have no place in the pruned base. */
  readonly dropped: number;
}

/** The two bases between which an adapter goes. */
interface Pair {
  readonly original: Base;
  /** Shapes alone: its weights aren't read. */
  readonly pruned: Base;
  readonly plan: PrunePlan;
  /** SHA-256 of the manifest's file. */
  readonly manifest: string;
}

/**
 * Writes a compact adapter as plain LoRA for the original, opens it again and proves that compacting it gives the same numbers.
 * Throws `recover-output`, `recover-method`, `recover-differs`, `adapter-form`, `loram-base`, `loram-manifest` and what opening base
 * and adapter throws; nothing is left then.
 */
export function recoverFolder(options: RecoverOptions): Promise<Recovered> {
  return betweenBases(options, async ({ original, pruned, plan, manifest }) => {
    const compact = openPeftAdapter(options.adapter, manifest);
    try {
      const small = tensorsOf(compact, pruned);
      const whole = recoverAdapter(small, original.spec, plan);
      await writeFolder(options.output, (folder) => {
        writeTensors(folder, original, compact, whole);
        const written = opened(folder, original);
        const { tensors, lost } = compactAdapter(written, original.spec, plan);
        requireSame(small, tensors, lost, options.output);
      });
      return { linears: compact.modules.size, numbers: [numbersOf(small), numbersOf(whole)] };
    } finally {
      compact.close();
    }
  });
}

/**
 * Writes a plain adapter of the original in the pruned base's shapes, and opens it again. Where numbers other than zero would be
 * left out it is refused (`compact-lossy`) unless `lossy`. Else throws what `recoverFolder` throws.
 */
export function compactFolder(options: RecoverOptions & { readonly lossy: boolean }): Promise<Compacted> {
  return betweenBases(options, async ({ original, pruned, plan, manifest }) => {
    const whole = openPeftAdapter(options.adapter);
    try {
      const full = tensorsOf(whole, original);
      const { tensors: small, lost } = compactAdapter(full, original.spec, plan);
      if (lost > 0 && !options.lossy)
        throw new UserError('compact-lossy', `would lose numbers of up to ${lost.toPrecision(3)}.`, {
          place: { file: options.adapter },
          hint: 'They belong to pruned units, so that recovering gives another adapter. With --lossy they are left out.',
        });
      await writeFolder(options.output, (folder) => {
        writeTensors(folder, original, whole, small, manifest);
        requireSame(small, opened(folder, pruned, manifest), 0, options.output);
      });
      return {
        linears: whole.modules.size,
        numbers: [numbersOf(full), numbersOf(small)],
        dropped: lost,
      };
    } finally {
      whole.close();
    }
  });
}

/** Checks output and manifest before any adapter is read. */
async function betweenBases<T>(options: RecoverOptions, work: (pair: Pair) => Promise<T>): Promise<T> {
  const { base, pruned, output } = options;
  if (existsSync(output))
    throw new UserError('recover-output', 'exists already.', {
      place: { file: output },
      hint: 'Name a folder that does not exist yet.',
    });
  const path = join(pruned, manifestFile);
  if (!existsSync(path))
    throw new UserError('loram-manifest', `holds no ${manifestFile}: it is no pruned base.`, {
      place: { file: pruned },
      hint: 'Name the folder that `prune` or a LoRAM run wrote.',
    });
  const { plan, ...manifest } = readManifest(path);
  const original = openBase(base);
  try {
    requireBase({ plan, ...manifest }, original.spec, await hashFiles(original.files), original.path);
    return await work({ original, pruned: prunedBase(original, plan), plan, manifest: await hashFile(path) });
  } finally {
    original.tensors.close();
  }
}

/** A and B by PEFT's names without prefix, in the shapes of `base`. */
function tensorsOf(peft: PeftAdapter, base: Base): AdapterTensors {
  requirePlain(peft);
  const { values } = adapterFromPeft(peft, base);
  return new Map(
    [...peft.modules].flatMap(([path, { A, B, bias }]) =>
      Object.entries({
        'lora_A.weight': A.shape,
        'lora_B.weight': B.shape,
        ...(bias && { 'lora_B.bias': [B.shape[0]!] }),
      }).map(([ending, shape]) => {
        const name = `${path}.${ending}`;
        return [name, { shape, data: values(name)! }] as const;
      }),
    ),
  );
}

/** Of other methods' tensors nobody has said what they mean on a base with fewer units. Throws `recover-method`. */
function requirePlain(peft: PeftAdapter): void {
  const { config, saved, folder } = peft;
  const problem = config.experts
    ? 'is a LoRAMoE adapter'
    : config.dora
      ? 'is a DoRA adapter'
      : saved.size > 0
        ? `trains modules whole (${[...saved.keys()][0]!})`
        : undefined;
  if (problem !== undefined)
    throw new UserError('recover-method', `${problem}; only A and B of LoRA fit both bases.`, {
      place: { file: folder },
      hint: 'Use it as it is, on the base that it was trained on: `generate`, `evaluate`, `probe`.',
    });
  requireTrainable(peft);
}

function writeTensors(
  folder: string,
  { spec, name, revision }: Base,
  { config, modules }: PeftAdapter,
  tensors: AdapterTensors,
  manifest?: string,
): void {
  const linears = linearsOf(spec);
  const differing = (key: 'rank' | 'alpha'): Record<string, number> =>
    Object.fromEntries(
      [...modules]
        .filter(([, module]) => module[key] !== config[key])
        .map(([path, module]) => [path, module[key]]),
    );
  const { rank, alpha, dropout, rankStabilized, loraBias } = config;
  writePeftAdapter(folder, {
    base: name,
    ...(revision !== undefined && { revision }),
    ...{ rank, alpha, dropout, rankStabilized, loraBias },
    ...(manifest !== undefined && { own: compactForm(manifest) }),
    fanInFanOut: linears.some(({ path, transposed }) => transposed && modules.has(path)),
    targets: [...modules.keys()],
    linears: linears.map(({ path }) => path),
    rankPattern: differing('rank'),
    alphaPattern: differing('alpha'),
    modulesToSave: [],
    tensors: [...tensors].map(([tensor, { shape, data }]) => ({ name: tensor, dtype: 'F32', shape, data })),
  });
}

function opened(folder: string, base: Base, manifest?: string): AdapterTensors {
  const peft = openPeftAdapter(folder, manifest);
  try {
    return tensorsOf(peft, base);
  } finally {
    peft.close();
  }
}

/** Throws `recover-differs` unless both hold the same numbers, bit for bit, and nothing was lost. */
function requireSame(wanted: AdapterTensors, found: AdapterTensors, lost: number, output: string): void {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
    Buffer.from(buffer, byteOffset, byteLength);
  const differs = [...wanted].find(([name, { data }]) => {
    const other = found.get(name)?.data;
    return other === undefined || !bytes(data).equals(bytes(other));
  });
  if (differs === undefined && wanted.size === found.size && lost === 0) return;
  throw new UserError('recover-differs', 'reads back with other numbers.', {
    place: { file: output, ...(differs && { what: differs[0] }) },
    hint: 'The disk or this program is at fault: please report it with the adapter.',
  });
}

const numbersOf = (tensors: AdapterTensors): number =>
  [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
