/** @file The only owner of child processes: the helper that lives with the window, and runs that outlive it. */
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Port } from '../../runtime/contract/rpc.ts';

export interface Program {
  /** The Node that runs it. */
  readonly node: string;
  /** dist/main.mjs. */
  readonly script: string;
}

export interface HelperProcess {
  readonly port: Port;
  readonly kill: () => void;
}

/** Telemetry of ONNX Runtime is on by default and is decided before the library loads. */
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, ORT_DISABLE_TELEMETRY: '1' });

/** The channel of `fork` as a port; it closes with the process, and says with which code and last words. */
function portOf(child: ChildProcess, lastWords: () => string): Port {
  return {
    post: (message) => {
      if (!child.connected) throw new Error('the helper process is gone');
      // With a callback a broken channel is no 'error' event; 'exit' tells the waiting calls.
      child.send(message as object, () => undefined);
    },
    listen: (receive, closed) => {
      child.on('message', receive);
      child.on('error', (error) => {
        closed(`The helper process did not start: ${error.message}`);
      });
      child.on('exit', (code, signal) => {
        closed(`The helper process ended (${code ?? signal}). ${lastWords()}`.trim());
      });
    },
  };
}

/** Starts the helper; `log` receives what it prints. It ends with this process, because its channel does. */
export function forkHelper({ node, script }: Program, log: (text: string) => void): HelperProcess {
  const child = fork(script, ['serve'], {
    execPath: node,
    // An inspector's flags of this process would make the child wait for its port.
    execArgv: [],
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
  let tail = '';
  const keep = (chunk: Buffer): void => {
    const text = chunk.toString();
    tail = (tail + text).slice(-2000);
    log(text);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return { port: portOf(child, () => tail), kill: () => child.kill() };
}

export interface JobResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Nothing that a job prints for us is longer; what comes after is dropped. In UTF-16 units. */
const longestOutput = 1 << 24;

/**
 * Runs a short command to its end, which `signal` brings at once; `onOutput` is told its output as it comes.
 * @throws Error when the program can't be started.
 */
export function runJob(
  { node, script }: Program,
  args: readonly string[],
  signal: AbortSignal,
  onOutput?: (text: string) => void,
): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [script, ...args], {
      env: environment(),
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = (): void => {
      child.kill();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const read = (stream: NodeJS.ReadableStream): (() => string) => {
      let text = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        if (text.length < longestOutput) text += chunk;
      });
      return () => text;
    };
    const [output, errors] = [read(child.stdout), read(child.stderr)];
    if (onOutput !== undefined) child.stdout.on('data', onOutput);
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve({ code: code ?? 1, output: output(), errors: errors() });
    });
  });
}

export interface DetachedProcess {
  readonly pid: number;
  /** The exit code, if this window still lives then. */
  readonly exited: Promise<number>;
}

/**
 * Starts a process that goes on when the window closes: its own session, its output in a file (a pipe would break with
 * us), no channel. @throws Error when the program can't be started.
 */
export async function startDetached(
  { node, script }: Program,
  args: readonly string[],
  { cwd, logFile }: { readonly cwd: string; readonly logFile: string },
): Promise<DetachedProcess> {
  mkdirSync(dirname(logFile), { recursive: true });
  const output = openSync(logFile, 'w');
  try {
    const child = spawn(node, [script, ...args], {
      cwd,
      env: environment(),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output, output],
    });
    const exited = new Promise<number>((resolve) => {
      child.once('exit', (code) => {
        resolve(code ?? 1);
      });
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('spawn', () => {
        resolve(child.pid ?? 0);
      });
      child.once('error', reject);
    });
    child.unref();
    return { pid, exited };
  } finally {
    closeSync(output);
  }
}
