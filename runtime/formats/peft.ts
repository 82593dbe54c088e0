/** @file Reads a PEFT adapter folder: each tensor gets its module and role, sizes checked against the config, values on demand. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { expertModules, peftPrefix, putRouted } from './expertModules.ts';
import type { ExpertModule, PeftTensor, RoutedParts } from './expertModules.ts';
import { firstNonFinite } from './halfFloats.ts';
import { moduleOptions, readPeftConfig, weightsFile } from './peftConfig.ts';
import type { PeftConfig } from './peftConfig.ts';
import { SafetensorsFile } from './safetensors.ts';

/** The adapter of one module. W' x = W x + scale B A x, with DoRA's magnitude on top where there is one. */
export interface PeftModule {
  /** Path in the model, without PEFT's prefix. */
  readonly path: string;
  readonly rank: number;
  readonly alpha: number;
  readonly scale: number;
  /** An embedding's adapter holds A as [r, vocab] and B as [dim, r]. */
  readonly embedding: boolean;
  /** [r, inputs]. */
  readonly A: PeftTensor;
  /** [outputs, r]. */
  readonly B: PeftTensor;
  /** [outputs], with lora_bias. */
  readonly bias?: PeftTensor;
  /** [outputs] numbers, with DoRA. */
  readonly magnitude?: PeftTensor;
}

export interface PeftAdapter {
  readonly folder: string;
  readonly config: PeftConfig;
  /** By module path, in the file's order. */
  readonly modules: ReadonlyMap<string, PeftModule>;
  /** LoRAMoE's modules by path. */
  readonly experts: ReadonlyMap<string, ExpertModule>;
  /** Modules trained whole (`modules_to_save`): tensor name in the model -> its new values. */
  readonly saved: ReadonlyMap<string, PeftTensor>;
  /** Copies of base tensors that PEFT stores when embeddings are targeted or resized: tensor name in the model -> values. */
  readonly base: ReadonlyMap<string, PeftTensor>;
  readonly close: () => void;
}

type Role = 'A' | 'B' | 'embeddingA' | 'embeddingB' | 'bias' | 'magnitude';

/** Endings of names and what they mean; PEFT strips `.weight` of the magnitude on saving, older versions did not. */
const roles: readonly (readonly [ending: string, role: Role])[] = [
  ['.lora_A.weight', 'A'],
  ['.lora_B.weight', 'B'],
  ['.lora_embedding_A', 'embeddingA'],
  ['.lora_embedding_B', 'embeddingB'],
  ['.lora_B.bias', 'bias'],
  ['.lora_magnitude_vector', 'magnitude'],
  ['.lora_magnitude_vector.weight', 'magnitude'],
];

/** Modules that PEFT saves by itself when the vocabulary was resized (peft/utils/constants.py, EMBEDDING_LAYER_NAMES). */
const embeddingNames = ['embed_tokens', 'lm_head'];

/**
 * Opens an adapter folder: one for whole bases, or with `manifest`, the SHA-256 of a pruned base's manifest, one in its shapes.
 * Headers only; the caller closes. Throws `adapter-missing`, `adapter-config`, `adapter-unsupported`, `adapter-form`,
 * `adapter-tensor` (one that fits nothing, lacks its half or has the wrong size), `pickle-refused` and what `SafetensorsFile` throws.
 */
export function openPeftAdapter(folder: string, manifest?: string): PeftAdapter {
  const config = readPeftConfig(folder);
  requireForm(config, manifest);
  const path = join(folder, weightsFile);
  if (!existsSync(path)) throw weightsMissing(folder);
  const file = SafetensorsFile.open(path);
  try {
    const sorted = sortTensors(file, config);
    const { modules, experts } = config.experts
      ? { modules: new Map<string, PeftModule>(), experts: expertModules(sorted.routed, config, path) }
      : { modules: buildModules(sorted.parts, config, path), experts: new Map<string, ExpertModule>() };
    return {
      folder,
      config,
      ...sorted,
      modules,
      experts,
      close: () => {
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A compact adapter fits no base but its own pruned one, whatever its shapes are. */
function requireForm({ file, manifest }: PeftConfig, wanted: string | undefined): void {
  if (manifest === wanted) return;
  const [problem, hint] =
    wanted === undefined
      ? [
          'is a compact adapter, which fits its pruned base alone.',
          'Write it for the original base: adapter-workbench recover.',
        ]
      : manifest === undefined
        ? ['is no compact adapter: it is one for whole bases already.', 'Use it on the original base.']
        : [
            `belongs to the pruned base whose manifest has the SHA-256 ${manifest.slice(0, 12)}..., not ${wanted.slice(0, 12)}....`,
            'Name the folder of the pruned base that it was trained on.',
          ];
  throw new UserError('adapter-form', problem, { place: { file, what: 'peft_type' }, hint });
}

function weightsMissing(folder: string): UserError {
  const pickle = readdirSync(folder).find((name) => /^adapter_model\.(bin|pt|pth)$/.test(name));
  const place = { file: folder };
  if (pickle === undefined) return new UserError('adapter-missing', `holds no ${weightsFile}.`, { place });
  return new UserError(
    'pickle-refused',
    `holds its weights as ${pickle}, a pickle, which can run any code when it is read; it is never read.`,
    {
      place,
      hint: 'Save the adapter in PEFT with safe_serialization=True.',
    },
  );
}

type Parts = Partial<Record<Role, PeftTensor>>;

interface Sorted {
  readonly parts: ReadonlyMap<string, Parts>;
  readonly routed: ReadonlyMap<string, RoutedParts>;
  readonly saved: ReadonlyMap<string, PeftTensor>;
  readonly base: ReadonlyMap<string, PeftTensor>;
}

function tensorError(file: string, name: string, problem: string): UserError {
  return new UserError('adapter-tensor', `the tensor '${name}' ${problem}.`, { place: { file, what: name } });
}

function sortTensors(file: SafetensorsFile, config: PeftConfig): Sorted {
  const parts = new Map<string, Parts>();
  const routed = new Map<string, RoutedParts>();
  const saved = new Map<string, PeftTensor>();
  const base = new Map<string, PeftTensor>();
  const put = (into: Map<string, PeftTensor>, key: string, tensor: PeftTensor): void => {
    if (into.has(key)) throw tensorError(file.path, tensor.name, 'stands in the file twice, under two names');
    into.set(key, tensor);
  };
  for (const { name, shape } of file.tensors.values()) {
    const tensor: PeftTensor = { name, shape, read: () => readFinite(file, name) };
    if (config.experts && putRouted(routed, tensor, file.path)) continue;
    const inner = innerName(file, name);
    const [ending, role] = roles.find(([end]) => inner.endsWith(end)) ?? [];
    if (ending !== undefined && role !== undefined) {
      const path = inner.slice(0, -ending.length);
      const module = parts.get(path) ?? {};
      if (module[role] !== undefined)
        throw tensorError(file.path, name, 'stands in the file twice, under two names');
      parts.set(path, { ...module, [role]: tensor });
    } else if (/\.base_layer\.(weight|bias)$/.test(inner))
      put(base, inner.replace('.base_layer.', '.'), tensor);
    else if (/\.modules_to_save\.(weight|bias)$/.test(inner))
      put(saved, inner.replace('.modules_to_save.', '.'), tensor);
    else if (isSaved(inner, config.modulesToSave)) put(saved, inner, tensor);
    else if (isInsideOne(inner, embeddingNames)) put(base, inner, tensor);
    else
      throw tensorError(
        file.path,
        name,
        'is no part of a LoRA adapter, and no module of modules_to_save holds it',
      );
  }
  if (parts.size === 0 && routed.size === 0 && saved.size === 0)
    throw new UserError('adapter-tensor', 'holds no tensor of an adapter.', { place: { file: file.path } });
  return { parts, routed, saved, base };
}

/** Without PEFT's prefix. Throws `adapter-tensor` where it lacks. */
function innerName({ path }: SafetensorsFile, name: string): string {
  if (name.startsWith(peftPrefix)) return name.slice(peftPrefix.length);
  throw tensorError(path, name, `does not begin with ${peftPrefix}`);
}

/** Belongs to `modules_to_save`: PEFT takes each module whose path ends in a name, "norm" means "input_layernorm" too. */
function isSaved(tensor: string, names: readonly string[]): boolean {
  const module = tensor.slice(0, tensor.lastIndexOf('.') + 1);
  return !tensor.includes('.lora_') && names.some((name) => module.includes(`${name}.`));
}

/** The tensor belongs to a module of one of these names, or to one inside it. */
function isInsideOne(tensor: string, names: readonly string[]): boolean {
  const module = `.${tensor.slice(0, tensor.lastIndexOf('.'))}.`;
  return !tensor.includes('.lora_') && names.some((name) => module.includes(`.${name}.`));
}

function readFinite(file: SafetensorsFile, name: string): Float32Array {
  const values = file.readFloat32(name);
  const at = firstNonFinite(values);
  if (at < 0) return values;
  throw new UserError('not-finite', `the tensor '${name}' holds ${values[at]!} as element ${at}.`, {
    place: { file: file.path, what: name },
    hint: 'Training went wrong, or the file is damaged: use an earlier checkpoint.',
  });
}

function buildModules(
  parts: ReadonlyMap<string, Parts>,
  config: PeftConfig,
  file: string,
): ReadonlyMap<string, PeftModule> {
  const paths = [...parts.keys()];
  const options = moduleOptions(config, paths);
  const modules = new Map<string, PeftModule>();
  paths.forEach((path, i) => {
    modules.set(path, buildModule(path, parts.get(path)!, options[i]!, { config, file }));
  });
  return modules;
}

interface Scene {
  readonly config: PeftConfig;
  readonly file: string;
}

function buildModule(
  path: string,
  parts: Parts,
  options: { rank: number; alpha: number; scale: number },
  scene: Scene,
): PeftModule {
  const pair = pairOf(path, parts, scene);
  const { bias, magnitude } = parts;
  const module: PeftModule = {
    path,
    ...options,
    ...pair,
    ...(bias && { bias }),
    ...(magnitude && { magnitude }),
  };
  checkShapes(module, scene);
  return module;
}

function pairOf(
  path: string,
  parts: Parts,
  { config, file }: Scene,
): Pick<PeftModule, 'A' | 'B' | 'embedding'> {
  const refuse = (problem: string): UserError =>
    new UserError('adapter-tensor', `${path} ${problem}.`, { place: { file, what: path } });
  const linear = parts.A ?? parts.B;
  const table = parts.embeddingA ?? parts.embeddingB;
  const [A, B] = table === undefined ? [parts.A, parts.B] : [parts.embeddingA, parts.embeddingB];
  if (A === undefined || B === undefined || (linear !== undefined && table !== undefined))
    throw refuse('needs exactly one A and one B');
  if ((parts.magnitude !== undefined) !== config.dora || (parts.bias !== undefined) !== config.loraBias)
    throw refuse(`and the config differ: use_dora is ${config.dora}, lora_bias is ${config.loraBias}`);
  return { A, B, embedding: table !== undefined };
}

function checkShapes({ path, rank, A, B, bias, magnitude }: PeftModule, { file }: Scene): void {
  if (A.shape.length === 4)
    throw new UserError('adapter-unsupported', `adapts the convolution ${path}, which is not supported.`, {
      place: { file, what: path },
    });
  const expect = (tensor: PeftTensor, fits: boolean, wanted: string): void => {
    const shape = `has the shape [${tensor.shape.join(', ')}]; by the config it is ${wanted}`;
    if (!fits) throw tensorError(file, tensor.name, shape);
  };
  const outputs = B.shape[0] ?? 0;
  expect(A, A.shape.length === 2 && A.shape[0] === rank && A.shape[1]! > 0, `[${rank}, inputs]`);
  expect(B, B.shape.length === 2 && B.shape[1] === rank && outputs > 0, `[outputs, ${rank}]`);
  const isVector = ({ shape }: PeftTensor): boolean => shape.reduce((n, size) => n * size, 1) === outputs;
  for (const vector of [bias, magnitude]) if (vector) expect(vector, isVector(vector), `[${outputs}]`);
}
