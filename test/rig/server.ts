/** @file Starts a real VS Code server on a free loopback port, with its own home, settings and extensions. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEntry } from './install.ts';

/** A quiet editor that asks nobody and looks the same each time. */
const defaultSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'workbench.colorTheme': 'Dark 2026',
  'workbench.reduceMotion': 'on',
  'workbench.enableExperiments': false,
  'editor.cursorBlinking': 'solid',
  'editor.minimap.enabled': false,
  'window.autoDetectColorScheme': false,
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'npm.autoDetect': 'off',
  'task.autoDetect': 'off',
  'remote.autoForwardPorts': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'json.schemaDownload.enable': false,
};

export interface ServerOptions {
  readonly userDataDir?: string | undefined;
  readonly extensionsDir?: string | undefined;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Packed extensions to install first. */
  readonly vsix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Ask for workspace trust, as VS Code does by default. */
  readonly trust?: boolean;
}

export interface RigServer {
  /** `localhost`, not an address: webviews need a secure context for their service worker. */
  readonly origin: string;
  readonly authority: string;
  readonly log: () => string;
  /** Ends the server and its hosts, removes its files. */
  readonly stop: () => Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => {
        done(port);
      });
    });
  });

/** The test's environment without what belongs to a VS Code that runs us, its files in `home`, no marketplace. */
function serverEnvironment(home: string, more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const foreign =
    /^(VSCODE_(?!TEST|RIG)|ELECTRON_|CODE_SERVER_|PORT$|PASSWORD$|HASHED_PASSWORD$|NODE_OPTIONS$)/;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return {
    ...own,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'xdg'),
    XDG_DATA_HOME: join(home, 'xdg-data'),
    XDG_CACHE_HOME: join(home, 'xdg-cache'),
    XDG_RUNTIME_DIR: join(home, 'tmp'),
    TMPDIR: join(home, 'tmp'),
    EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: '' }),
    ORT_DISABLE_TELEMETRY: '1',
    ...more,
  };
}

function writeSettings(userDataDir: string, settings: Readonly<Record<string, unknown>>): void {
  const file = join(userDataDir, 'User/settings.json');
  mkdirSync(join(userDataDir, 'User'), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...defaultSettings, ...settings }, null, 1));
}

function installExtension(args: readonly string[], vsix: string, env: NodeJS.ProcessEnv): void {
  const done = spawnSync(process.execPath, [...args, '--install-extension', resolve(vsix), '--force'], {
    encoding: 'utf8',
    env,
  });
  if (done.status !== 0 || !done.stdout.includes('was successfully installed'))
    throw new Error(`${vsix} was not installed: ${done.stdout}${done.stderr}`);
}

/** Waits until the server answers; its log says why when it doesn't. */
async function answering(port: number, gone: () => string | undefined, log: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const why = gone() ?? (Date.now() > deadline ? 'code-server did not answer in a minute' : undefined);
    if (why !== undefined) throw new Error(`${why}\n${log().slice(-3000)}`);
    try {
      if ((await fetch(`http://127.0.0.1:${port}/healthz`)).ok) return;
    } catch {
      // It doesn't listen yet.
    }
    await sleep(50);
  }
}

/** Starts the server. @throws Error with its log when it doesn't come up. */
export async function startServer(options: ServerOptions = {}): Promise<RigServer> {
  // Short, because it holds sockets, whose paths have at most 107 characters.
  const home = mkdtempSync(join(tmpdir(), 'rig-'));
  mkdirSync(join(home, 'tmp'));
  const userDataDir = resolve(options.userDataDir ?? join(home, 'user-data'));
  const extensionsDir = resolve(options.extensionsDir ?? join(home, 'extensions'));
  mkdirSync(extensionsDir, { recursive: true });
  writeSettings(userDataDir, options.settings ?? {});
  const config = join(home, 'code-server.yaml');
  writeFileSync(config, 'auth: none\n');
  const env = serverEnvironment(home, options.env ?? {});
  const places = ['--config', config, '--user-data-dir', userDataDir, '--extensions-dir', extensionsDir];
  const common = [serverEntry, ...places];
  for (const vsix of options.vsix ?? []) installExtension(common, vsix, env);

  const port = await freePort();
  const logFile = join(home, 'server.log');
  const output = openSync(logFile, 'w');
  const quiet = ['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'];
  const trust = options.trust === true ? [] : ['--disable-workspace-trust'];
  const bind = [
    '--auth',
    'none',
    '--bind-addr',
    `127.0.0.1:${port}`,
    '--disable-proxy',
    '--ignore-last-opened',
  ];
  // Its own process group: code-server has children, and stop() has to end them all.
  const child = spawn(process.execPath, [...common, ...bind, ...quiet, ...trust], {
    stdio: ['ignore', output, output],
    env,
    detached: true,
  });
  closeSync(output);
  let gone: string | undefined;
  child.once('exit', (code, signal) => {
    gone = `code-server exited (${code ?? signal})`;
  });
  const signalGroup = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return child.pid !== undefined && process.kill(-child.pid, signal);
    } catch {
      return false;
    }
  };
  const onExit = (): void => {
    signalGroup('SIGKILL');
  };
  process.once('exit', onExit);
  const log = () => readFileSync(logFile, 'utf8');
  const stop = async (): Promise<void> => {
    process.removeListener('exit', onExit);
    signalGroup('SIGTERM');
    for (let tries = 0; tries < 40 && signalGroup(0); tries++) await sleep(50);
    signalGroup('SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await answering(port, () => gone, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin: `http://localhost:${port}`, authority: `localhost:${port}`, log, stop };
}
