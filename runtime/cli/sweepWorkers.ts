/** @file Workers of a sweep as processes of their own: a crash ends one run, and each has its own base, sessions and cores. */
import { fork } from 'node:child_process';
import { describeError, exitCodes, UserError } from '../contract/errors.ts';
import type { RunEvent } from '../contract/run.ts';
import type { JobListener, SweepJob, SweepWorker } from '../pipelines/sweep.ts';
import type { Command } from './command.ts';

/** What a worker says about its job. */
type Message =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'ended'; readonly exitCode: number }
  | { readonly kind: 'refused'; readonly message: string };

/** Last words of a process that ended by itself. */
const lastWords = 2000;

/** Starts a process that runs jobs. It ends with this one, its run after the current step with a checkpoint. */
export function forkWorker(script = process.argv[1]!): SweepWorker {
  const child = fork(script, ['sweep-worker'], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
    // telemetry of ONNX Runtime is on by default and is decided before the library loads
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  let tail = '';
  child.stderr?.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-lastWords)));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(`${signal ?? `exit code ${code}`}${tail === '' ? '' : `: ${tail.trim()}`}`);
    });
  });
  const run = (job: SweepJob, listener: JobListener): Promise<number> =>
    new Promise((resolve, reject) => {
      const hear = (message: Message): void => {
        if (message.kind === 'folder') listener.onFolder(message.folder);
        else if (message.kind === 'event') listener.onEvent(message.event);
        else {
          child.off('message', hear);
          if (message.kind === 'ended') resolve(message.exitCode);
          else reject(new UserError('run-refused', message.message));
        }
      };
      child.on('message', hear);
      void ended.then((how) => {
        const hint = 'Memory may have run out: try fewer runs at a time, or "memory": "low".';
        reject(new UserError('worker-ended', `The process of this run ended (${how}).`, { hint }));
      });
      // a broken channel is told by the process's end
      child.send(job, () => undefined);
    });
  return {
    run,
    close: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The other end: works until its parent has gone. */
async function work(): Promise<number> {
  if (process.send === undefined)
    throw new UserError('no-channel', 'sweep-worker is started by sweep.', {
      hint: 'Use: adapter-workbench sweep FILE',
    });
  const say = (message: Message): void => {
    if (process.connected) process.send!(message);
  };
  const abort = new AbortController();
  const gone = new Promise<void>((resolve) => {
    process.once('disconnect', () => {
      abort.abort();
      resolve();
    });
  });
  // Ctrl-C reaches all processes of a terminal: the parent decides, and asks the runs to stop
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => {
    abort.abort();
  });
  const { SharingWorker } = await import('../pipelines/sweepWorker.ts');
  const worker = new SharingWorker(abort.signal);
  let busy: Promise<void> = Promise.resolve();
  const take = async (job: SweepJob): Promise<void> => {
    try {
      const exitCode = await worker.run(job, {
        onFolder: (folder) => {
          say({ kind: 'folder', folder });
        },
        onEvent: (event) => {
          say({ kind: 'event', event });
        },
      });
      say({ kind: 'ended', exitCode });
    } catch (error) {
      say({ kind: 'refused', message: describeError(error) });
    }
  };
  process.on('message', (job: SweepJob) => {
    busy = busy.then(() => take(job));
  });
  await gone;
  await busy;
  await worker.close();
  return exitCodes.done;
}

export const sweepWorker: Command = {
  name: 'sweep-worker',
  summary: 'A process of `sweep`: runs its jobs over the process channel.',
  usage: '',
  about: 'Started by `sweep`. In a terminal, use that.',
  example: 'adapter-workbench sweep tickets.adapter.json',
  options: {},
  positionals: [0, 0],
  run: work,
};
