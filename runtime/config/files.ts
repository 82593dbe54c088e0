/** @file Files and folders that a config names: whether they are there, and what may have been meant. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { Merged } from './conflicts.ts';
import { notDownloaded, parseHubBase } from '../hub/cache.ts';
import { entryOf, originOf } from './located.ts';
import { methodOf } from '../methods/index.ts';
import { didYouMean, nearestNames } from './nearest.ts';
import { pickleEndings, resolveBase } from './resolve.ts';
import { fix } from './finding.ts';
import type { Finding, Report } from './finding.ts';

/** Names of a large folder are compared with the mistyped one: enough to help, few enough to be quick. */
const mostNames = 5000;

type Found = 'file' | 'folder' | 'other' | 'missing';

function kindOf(path: string): Found {
  try {
    const stats = statSync(path);
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  } catch {
    return 'missing';
  }
}

/** Reports what is missing or of the wrong kind; `file` is the config's own path. */
export function reportFiles({ config, root }: Merged, file: string, report: Report): void {
  const folder = dirname(resolve(file));
  const check = (path: string | undefined, at: readonly string[], wanted: 'file' | 'folder'): void => {
    const entry = entryOf(entryOf(root, at[0]!)?.value, at[1]!);
    if (path === undefined || entry === undefined) return;
    const written = entry.value.kind === 'scalar' ? String(entry.value.value) : path;
    const finding = problemOf(path, written, wanted, folder);
    if (finding) report({ ...finding, severity: 'error', at: originOf(root, at) });
  };
  const { data, method } = config;
  check(data.train, ['data', 'train'], 'file');
  check(typeof data.validation === 'string' ? data.validation : undefined, ['data', 'validation'], 'file');
  check(data.template === 'none' ? undefined : data.template, ['data', 'template'], 'file');
  check(method.from, ['method', 'from'], 'folder');
  for (const [key, spec] of Object.entries(methodOf(method.kind).keys))
    if (spec.type === 'path' && spec.leadsTo !== undefined)
      check(method[key] as string | undefined, ['method', key], spec.leadsTo);
  if (
    method.from !== undefined &&
    kindOf(method.from) === 'folder' &&
    kindOf(join(method.from, 'adapter_config.json')) !== 'file'
  ) {
    const message = 'This folder is no adapter: it holds no adapter_config.json.';
    const at = originOf(root, ['method', 'from']);
    // the folder of a run is one level above
    const inner = ['adapter', 'best'].filter(
      (name) => kindOf(join(method.from!, name, 'adapter_config.json')) === 'file',
    );
    const replacements = inner.map((name) => writtenAs(join(method.from!, name), folder));
    report({
      severity: 'error',
      code: 'adapter-missing',
      message,
      hint: didYouMean(replacements),
      at,
      replacements,
    });
  }
  reportOutput({ config, root }, report);
  reportBase({ config, root }, folder, report);
}

/** Runs are made below `output`: what is there already, or above it, has to be a folder. */
function reportOutput({ config, root }: Merged, report: Report): void {
  let place = config.output;
  while (kindOf(place) === 'missing' && dirname(place) !== place) place = dirname(place);
  if (kindOf(place) === 'folder') return;
  const at = originOf(root, ['output']);
  report({
    severity: 'error',
    code: 'not-a-folder',
    message: `"output" is a folder for runs; ${place} is a file.`,
    at,
    fixes: [fix('Use "runs"', { kind: 'set', at, value: 'runs' })],
  });
}

/** What is wrong with a path, undefined where nothing is. */
function problemOf(
  path: string,
  written: string,
  wanted: 'file' | 'folder',
  folder: string,
): Pick<Finding, 'code' | 'message' | 'hint' | 'replacements'> | undefined {
  const found = kindOf(path);
  if (pickleEndings.includes(extname(path).toLowerCase()))
    return {
      code: 'pickle-refused',
      message: `${written} may be a pickle, which can run any code when it is read; it is never read.`,
    };
  if (found === wanted) return undefined;
  if (found !== 'missing')
    return {
      code: `not-a-${wanted}`,
      message: `${written} is ${found === 'file' ? 'a file' : found === 'folder' ? 'a folder' : 'no regular file'}; a ${wanted} is expected here.`,
    };
  const near = nearbyPaths(path, written, folder);
  return {
    code: 'file-missing',
    message: `There is no ${wanted} ${written}.`,
    hint: didYouMean(near) ?? `Paths are relative to the config's folder, ${folder}.`,
    replacements: near,
  };
}

/** Names in the same folder that a typing mistake could explain, written as the missing one was. */
function nearbyPaths(path: string, written: string, folder: string): string[] {
  let names: string[];
  try {
    // a link to nothing has the very name that is missing
    names = readdirSync(dirname(path))
      .slice(0, mostNames)
      .filter((name) => name !== basename(path));
  } catch {
    return [];
  }
  const near = nearestNames(basename(path), names);
  if (written === path) return near.map((name) => join(dirname(path), name));
  return near.map((name) => writtenAs(join(dirname(path), name), folder));
}

/** As a config writes a path: from its own folder, with slashes. */
const writtenAs = (path: string, folder: string): string => relative(folder, path).replaceAll('\\', '/');

function reportBase({ root }: Merged, folder: string, report: Report): void {
  const entry = entryOf(root, 'base');
  if (entry?.value.kind !== 'scalar' || typeof entry.value.value !== 'string') return;
  const written = entry.value.value;
  const at = originOf(root, ['base']);
  const { base, kind } = resolveBase(written, folder);
  if (kind === 'hub') {
    const { code, message, hint } = notDownloaded(parseHubBase(written)!);
    report({ severity: 'error', code, message, hint, at });
    return;
  }
  if (kind === 'path' && kindOf(base) === 'folder') return;
  const problem = problemOf(base, written, 'file', folder);
  if (problem === undefined) return;
  const hint = problem.hint ?? 'Use the same weights as .safetensors or .gguf.';
  const message = problem.code === 'file-missing' ? `There is no base ${written}.` : problem.message;
  report({
    ...problem,
    severity: 'error',
    code: problem.code === 'file-missing' ? 'base-missing' : problem.code,
    message,
    hint,
    at,
  });
}
