/** @file Opens a base: a Hugging Face folder or a .gguf file becomes a description and read access; only headers are read. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { GgufFile } from '../formats/gguf.ts';
import { firstNonFinite } from '../formats/halfFloats.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import { SafetensorsFolder, indexFile, weightsFile } from '../formats/safetensorsFolder.ts';
import { cachedSource, downloadedBase, isHubId, notDownloaded, parseHubBase } from '../hub/cache.ts';
import { FreshHead } from './classifier.ts';
import { ConfigReader } from './configReader.ts';
import type { Base, DecoderSpec, TensorSource } from './decoder.ts';
import { families } from './families/index.ts';
import { GgufTensors, readGgufConfig } from './ggufBase.ts';
import { specTensors } from './specTensors.ts';

const pickles = ['.bin', '.pt', '.pth', '.ckpt', '.pkl'];

/**
 * Opens the base at `path`: a folder with config.json and safetensors, a .gguf file, or a hub id that was downloaded.
 * Throws a `UserError` for anything that is missing, damaged or not supported; the caller closes `tensors`.
 */
export function openBase(path: string): Base {
  const absolute = localPath(path);
  if (pickles.includes(extname(absolute).toLowerCase())) throw pickleError(absolute);
  if (!existsSync(absolute))
    throw new UserError('base-missing', 'does not exist.', { place: { file: absolute } });
  if (statSync(absolute).isDirectory()) return openFolder(absolute);
  if (extname(absolute).toLowerCase() === '.gguf') return openGguf(absolute);
  throw new UserError('base-unknown', 'is neither a folder of a model nor a .gguf file.', {
    place: { file: absolute },
    hint: 'Name the folder that holds config.json and model.safetensors, or a .gguf file.',
  });
}

/** Nothing is downloaded here: a hub id stands for its copy on this machine. Throws `base-not-downloaded`. */
function localPath(path: string): string {
  const hub = existsSync(path) ? undefined : parseHubBase(path);
  // `models/x.gguf` is rather a file that is missing
  if (hub === undefined || [...pickles, '.gguf', '.safetensors'].includes(extname(hub.id).toLowerCase()))
    return resolve(path);
  const local = downloadedBase(hub);
  if (local === undefined) throw notDownloaded(hub);
  return local;
}

function openGguf(path: string): Base {
  const file = GgufFile.open(path);
  try {
    const spec = describeConfig(readGgufConfig(file));
    const id = ggufSource(file);
    const name = id === undefined ? nameOf(path) : { name: id };
    return checkedBase({ path, spec, files: [path], ...name }, new GgufTensors(file, spec));
  } catch (error) {
    file.close();
    throw error;
  }
}

/** A hub id that the file names as its own source. */
function ggufSource({ metadata }: GgufFile): string | undefined {
  const named = metadata.text('general.source.huggingface.repository');
  const url = metadata.text('general.repo_url') ?? metadata.text('general.source.repo_url');
  const id = named ?? url?.replace(/^https:[/][/]huggingface[.]co[/]/, '');
  return id !== undefined && isHubId(id) ? id : undefined;
}

function pickleError(file: string): UserError {
  return new UserError(
    'pickle-refused',
    'may be a pickle, which can run any code when it is read; it is never read.',
    {
      place: { file },
      hint: 'Use the same weights as .safetensors or .gguf.',
    },
  );
}

function openFolder(folder: string): Base {
  const described = readSpec(folder);
  if (!existsSync(join(folder, weightsFile)) && !existsSync(join(folder, indexFile)))
    throw weightsMissing(folder);
  const files = SafetensorsFolder.open(folder);
  // a head of its own is used even where the configuration calls it tied, as transformers does
  const tied = described.tied && !files.files.has(`${described.names.head.path}.weight`);
  const spec = { ...described, tied };
  const stored = new FolderTensors(files, spec, folder);
  const freshHead = spec.task === 'classification' && !stored.names.has(`${spec.names.head.path}.weight`);
  const source = freshHead ? new FreshHead(stored, spec) : stored;
  const paths = [join(folder, 'config.json'), ...files.paths];
  try {
    return checkedBase(
      { path: folder, spec, files: paths, ...nameOf(folder), ...(freshHead && { freshHead }) },
      source,
    );
  } catch (error) {
    source.close();
    throw error;
  }
}

function checkedBase(base: Omit<Base, 'tensors'>, source: TensorSource): Base {
  checkTensors(base.spec, source, base.path);
  return { ...base, tensors: new FiniteTensors(source, base.path) };
}

function readSpec(folder: string): DecoderSpec {
  const file = join(folder, 'config.json');
  if (!existsSync(file)) {
    const other = readdirSync(folder).find((name) => name.endsWith('.gguf'));
    throw new UserError('base-unknown', 'holds no config.json: it is not the folder of a model.', {
      place: { file: folder },
      hint:
        other === undefined
          ? 'Name the folder that holds it, or a .gguf file.'
          : `Name the file ${other} instead.`,
    });
  }
  return describeConfig(new ConfigReader(readJsonObject(file), file));
}

/** The description of a config.json's model. Throws `architecture-unsupported`, `base-quantized`, `base-config`. */
export function describeConfig(config: ConfigReader): DecoderSpec {
  const type = config.text('model_type');
  const family = families.find(({ modelType }) => modelType === type);
  if (!family) throw unsupported(type, config.file);
  if (config.has('quantization_config')) {
    throw new UserError('base-quantized', 'its weights are quantised in a way that is not supported.', {
      place: { file: config.file, what: 'quantization_config' },
      hint: 'Use the unquantised model, or a .gguf file of it.',
    });
  }
  return family.describe(config);
}

/** An architecture that no family describes, with those that are. */
function unsupported(name: string, file: string): UserError {
  return new UserError(
    'architecture-unsupported',
    `the architecture "${name.slice(0, 60)}" is not supported.`,
    {
      place: { file },
      hint: `Supported: ${families.map(({ modelType }) => modelType).join(', ')}.`,
    },
  );
}

function weightsMissing(folder: string): UserError {
  const names = readdirSync(folder);
  const pickle = names.find((name) => pickles.includes(extname(name).toLowerCase()));
  if (pickle !== undefined) return pickleError(join(folder, pickle));
  return new UserError('base-weights', `holds neither ${weightsFile} nor ${indexFile}.`, {
    place: { file: folder },
    hint: 'Download the weights as safetensors too.',
  });
}

/** Hub id and commit where the path lies in the hub's cache, else the path. */
function nameOf(path: string): Pick<Base, 'name' | 'revision'> {
  const cached = cachedSource(path);
  return cached === undefined ? { name: path } : { name: cached.id, revision: cached.commit };
}

/** A norm's tensors have TensorFlow's names in files as old as BERT's own, which transformers reads as well. */
const spellings = (name: string): readonly string[] => [
  name,
  name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
];

/** Tensors under transformers' names; files saved from the inner model lack its prefix ("model.", "transformer."). */
class FolderTensors implements TensorSource {
  readonly names: ReadonlySet<string>;
  readonly #folder: SafetensorsFolder;
  readonly #path: string;
  /** Name asked for -> name in the file. */
  readonly #stored = new Map<string, string>();

  constructor(folder: SafetensorsFolder, spec: DecoderSpec, path: string) {
    this.#folder = folder;
    this.#path = path;
    const prefix = spec.names.embedding.slice(0, spec.names.embedding.indexOf('.') + 1);
    const bare = !folder.files.has(`${spec.names.embedding}.weight`);
    for (const { name } of specTensors(spec)) {
      const inner = name.startsWith(prefix) ? name.slice(prefix.length) : name;
      const stored = spellings(bare ? inner : name).find((spelling) => folder.files.has(spelling));
      if (stored !== undefined) this.#stored.set(name, stored);
    }
    this.names = new Set(this.#stored.keys());
    const embedding = this.#stored.get(`${spec.names.embedding}.weight`);
    if (spec.tied && embedding !== undefined) this.#stored.set(`${spec.names.head.path}.weight`, embedding);
  }

  #find(name: string): { file: NonNullable<ReturnType<SafetensorsFolder['files']['get']>>; stored: string } {
    const stored = this.#stored.get(name);
    const file = stored === undefined ? undefined : this.#folder.files.get(stored);
    if (stored !== undefined && file) return { file, stored };
    throw new UserError('tensor-missing', `the tensor '${name}' is missing.`, {
      place: { file: this.#path },
    });
  }

  shape(name: string): readonly number[] {
    const { file, stored } = this.#find(name);
    return file.info(stored).shape;
  }

  storedBytes(name: string): number {
    const { file, stored } = this.#find(name);
    const { begin, end } = file.info(stored);
    return end - begin;
  }

  readFloat32(name: string, into?: Float32Array): Float32Array {
    const { file, stored } = this.#find(name);
    return file.readFloat32(stored, into);
  }

  close(): void {
    this.#folder.close();
  }
}

/** Refuses NaN and infinity on reading (`weights-not-finite`, with the tensor): one would spoil the whole run silently. */
class FiniteTensors implements TensorSource {
  readonly names: ReadonlySet<string>;
  readonly #source: TensorSource;
  readonly #path: string;
  /** A tensor that is read at every step is looked through once. */
  readonly #checked = new Set<string>();

  constructor(source: TensorSource, path: string) {
    this.names = source.names;
    this.#source = source;
    this.#path = path;
  }

  shape(name: string): readonly number[] {
    return this.#source.shape(name);
  }

  storedBytes(name: string): number {
    return this.#source.storedBytes(name);
  }

  readFloat32(name: string, into?: Float32Array): Float32Array {
    const values = this.#source.readFloat32(name, into);
    const index = this.#checked.has(name) ? -1 : firstNonFinite(values);
    if (index < 0) {
      this.#checked.add(name);
      return values;
    }
    throw new UserError(
      'weights-not-finite',
      `the tensor '${name}' holds ${values[index]!} at element ${index}.`,
      {
        place: { file: this.#path, what: name },
        hint: 'The weights are damaged: download or export them again.',
      },
    );
  }

  close(): void {
    this.#source.close();
  }
}

/** Every tensor of the description must be there with its shape. Throws `tensor-missing` or `tensor-shape`. */
function checkTensors(spec: DecoderSpec, tensors: TensorSource, file: string): void {
  for (const { name, shape } of specTensors(spec)) {
    const place = { file, what: name };
    if (!tensors.names.has(name)) {
      throw new UserError('tensor-missing', `the tensor '${name}' is missing.`, {
        place,
        hint: 'The weights do not belong to this configuration, or are incomplete.',
      });
    }
    const found = tensors.shape(name);
    if (found.length === shape.length && found.every((size, i) => size === shape[i])) continue;
    const message = `the tensor '${name}' has the shape [${found.join(', ')}]; the configuration asks for [${shape.join(', ')}].`;
    throw new UserError('tensor-shape', message, { place });
  }
}
