/** @file Which files of a repository a base needs: never more, never a pickle. Pure. */
import { formatBytes } from '../contract/format.ts';
import { UserError } from '../contract/errors.ts';
import { isInside } from './cache.ts';
import type { HubFile, Repository } from './repository.ts';

export interface Choice {
  /** The one .gguf file, which needs nothing else. */
  readonly gguf?: HubFile;
  /** config.json, read before the rest: an architecture that is not supported costs no download. */
  readonly config?: HubFile;
  /** Names the shards, which are chosen by it. */
  readonly index?: HubFile;
  readonly others: readonly HubFile[];
}

/** What the tokenizer, the templates and generation read (runtime/data/loadTokenizer.ts). */
const companions = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'additional_chat_templates/tool_use.jinja',
] as const;

const configFile = 'config.json';
const singleFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';
const pickle = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i;
/** A .gguf file in parts, as llama.cpp splits it. */
const part = /-\d{5}-of-\d{5}\.gguf$/i;
const mostShards = 4096;
/** Text files beside the weights: what is larger is none. The largest index in use has 10 MB. */
const mostTextBytes = 128 * 1024 * 1024;

/** The files of `repository`, or its .gguf file `named`. Throws `hub-missing`, `hub-choose`, `pickle-refused` and others. */
export function chooseFiles(repository: Repository, named: string | undefined): Choice {
  const { id, files } = repository;
  if (named !== undefined) return { gguf: namedFile(repository, named), others: [] };
  const [config, single, index] = [configFile, singleFile, indexFile].map((path) => files.get(path));
  if (config !== undefined && (single ?? index) !== undefined) {
    const others = companions.flatMap((path) => files.get(path) ?? []);
    for (const file of [config, ...(single === undefined ? [index!] : []), ...others])
      if (file.bytes > mostTextBytes)
        throw new UserError(
          'hub-answer',
          `${file.path} of ${id} has ${formatBytes(file.bytes)}: that is no text file of a model.`,
        );
    // as the reader does: one file counts more than an index beside it
    return single === undefined ? { config, index: index!, others } : { config, others: [...others, single] };
  }
  const ggufs = ggufFiles(repository);
  const wholes = ggufs.filter(({ path }) => !part.test(path));
  if (wholes.length === 1) return { gguf: wholes[0]!, others: [] };
  if (wholes.length > 1)
    throw new UserError('hub-choose', `${id} has ${wholes.length} .gguf files: name one.`, {
      hint: `${wholes
        .slice(0, 12)
        .map(({ path, bytes }) => `${path} (${formatBytes(bytes)})`)
        .join(', ')}${wholes.length > 12 ? ', ...' : '.'}`,
    });
  throw unusable(repository, ggufs.length > 0);
}

const ggufFiles = ({ files }: Repository): HubFile[] =>
  [...files.values()]
    .filter(({ path }) => path.toLowerCase().endsWith('.gguf') && !/(^|\/)mmproj/i.test(path))
    .sort((a, b) => a.bytes - b.bytes);

function namedFile(repository: Repository, named: string): HubFile {
  if (!/\.gguf$/i.test(named) || !isInside(named))
    throw new UserError(
      pickle.test(named) ? 'pickle-refused' : 'bad-argument',
      `${JSON.stringify(named)} is no .gguf file of a repository.`,
      {
        hint: 'Name a .gguf file, or none: then config.json, the safetensors and the tokenizer are downloaded.',
      },
    );
  if (part.test(named)) throw inParts(repository.id);
  const file = repository.files.get(named);
  if (file !== undefined) return file;
  const there = ggufFiles(repository).map(({ path }) => path);
  throw new UserError('hub-missing', `${repository.id} has no file ${named}.`, {
    hint: there.length === 0 ? 'It has no .gguf files.' : `It has ${there.slice(0, 12).join(', ')}.`,
  });
}

const inParts = (id: string): UserError =>
  new UserError('gguf-split', `The .gguf files of ${id} are parts, which are not read.`, {
    hint: 'Choose a file in one piece, or join them with llama-gguf-split --merge.',
  });

function unusable({ id, files }: Repository, parts: boolean): UserError {
  if (parts) return inParts(id);
  const names = [...files.keys()];
  if (files.has('adapter_config.json'))
    return new UserError('hub-unusable', `${id} holds an adapter, not a base.`, {
      hint: 'Its adapter_config.json names the base under base_model_name_or_path.',
    });
  const refused = names.find((name) => pickle.test(name));
  if (refused !== undefined)
    return new UserError(
      'pickle-refused',
      `${id} has its weights only as ${refused}, which may be a pickle and can run any code when it is read.`,
      {
        hint: 'Look for the same model as safetensors or GGUF; some repositories have them in a pull request: --revision refs/pr/1',
      },
    );
  return new UserError(
    'hub-unusable',
    `${id} holds no base: neither ${configFile} with ${singleFile}, nor a .gguf file.`,
  );
}

/** The shards that a parsed index names. Throws `safetensors-index`. */
export function chooseShards(
  { id, files }: Repository,
  index: Readonly<Record<string, unknown>>,
): readonly HubFile[] {
  const wrong = (what: string): UserError =>
    new UserError('safetensors-index', what, { place: { file: `${id}/${indexFile}` } });
  const map = index['weight_map'];
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw wrong('has no object "weight_map".');
  const names = new Set<unknown>(Object.values(map));
  if (names.size === 0 || names.size > mostShards)
    throw wrong(`names ${names.size} shards; 1 to ${mostShards} are read.`);
  return [...names].map((name) => {
    const shown = JSON.stringify(typeof name === 'string' ? name.slice(0, 80) : name);
    if (typeof name !== 'string' || name.includes('/') || !isInside(name) || !name.endsWith('.safetensors'))
      throw wrong(`names the shard ${shown}, which is no .safetensors file beside it.`);
    const file = files.get(name);
    if (file === undefined) throw wrong(`names the shard ${shown}, which is not in the repository.`);
    return file;
  });
}
