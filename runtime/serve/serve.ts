/** @file `serve`: the extension's companion. Lists, follows and stops runs; never loads ONNX Runtime. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'jsonc-parser';
import { UserError } from '../contract/errors.ts';
import { protocolVersion } from '../contract/protocol.ts';
import type { RunSummary, ServeApi, ServeEvents } from '../contract/protocol.ts';
import { connect } from '../contract/rpc.ts';
import type { None, Port } from '../contract/rpc.ts';
import { runFiles } from '../runs/names.ts';
import { readSummary } from '../runs/read.ts';
import { Follower } from './follower.ts';
import { RunList } from './runList.ts';

/** Where the config's runs lie, also while the rest of the file is being typed. */
async function outputOf(config: string): Promise<string | undefined> {
  try {
    const value = parse(await readFile(config, 'utf8')) as unknown;
    const named = typeof value === 'object' && value !== null && 'output' in value ? value.output : undefined;
    return resolve(dirname(config), typeof named === 'string' ? named : 'runs');
  } catch {
    return undefined;
  }
}

function summaryOf(folder: string): RunSummary {
  const summary = readSummary(folder);
  if (summary !== undefined) return summary;
  throw new UserError('no-run', 'There is no run in this folder.', { place: { file: folder } });
}

/** Answers on `port` until it closes; `closed` then ends the process. */
export function serveOn(port: Port, closed: () => void): void {
  const followers = new Map<string, Follower>();
  const leave = (folder: string): void => {
    followers.get(folder)?.close();
    followers.delete(folder);
  };
  const list = new RunList({
    changed: (message) => {
      side.emit('runs/changed', message);
    },
  });
  const watched: Port = {
    post: (message) => {
      port.post(message);
    },
    listen: (receive, ended) => {
      port.listen(receive, (reason) => {
        ended(reason);
        for (const folder of [...followers.keys()]) leave(folder);
        list.dispose();
        closed();
      });
    },
  };
  const side = connect<ServeApi, None, None, ServeEvents>(watched, {
    version: protocolVersion,
    listeners: {},
    handlers: {
      'runs/watch': async ({ folders, configs }) => {
        const outputs = await Promise.all(configs.map(outputOf));
        return { runs: await list.watch([...folders, ...outputs.filter((output) => output !== undefined)]) };
      },
      'run/follow': async ({ folder }) => {
        const summary = summaryOf(folder);
        leave(folder);
        const follower = new Follower(folder, ({ events, restarted }) => {
          side.emit('run/events', { folder, events, restarted });
        });
        followers.set(folder, follower);
        return { summary, events: await follower.events() };
      },
      'run/leave': ({ folder }) => {
        leave(folder);
        return null;
      },
      'run/stop': async ({ folder }) => {
        summaryOf(folder);
        await writeFile(join(folder, runFiles.stop), '');
        return null;
      },
    },
  });
}

/** The process's own end of fork's channel. @throws UserError `no-channel` when it was started by hand. */
function parentPort(): Port {
  if (process.send === undefined)
    throw new UserError('no-channel', 'serve talks to the VS Code extension that starts it.', {
      hint: 'Use `runs` to list runs in a terminal.',
    });
  return {
    post: (message) => {
      process.send?.(message);
    },
    listen: (receive, closed) => {
      process.on('message', receive);
      process.on('disconnect', () => {
        closed('The window was closed.');
      });
    },
  };
}

/** Serves the process that forked this one, and ends with it. @throws UserError when nobody did. */
export function serve(): Promise<void> {
  const port = parentPort();
  return new Promise((resolve) => {
    serveOn(port, resolve);
  });
}
