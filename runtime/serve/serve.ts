/** @file `serve`: the extension's companion. One file of handlers an area; never loads ONNX Runtime. */
import { UserError } from '../contract/errors.ts';
import { protocolVersion } from '../contract/protocol.ts';
import type { ServeApi, ServeEvents } from '../contract/protocol.ts';
import { connect } from '../contract/rpc.ts';
import type { None, Port } from '../contract/rpc.ts';
import { adapterHandlers } from './adapterHandlers.ts';
import type { Emit } from './answers.ts';
import { compareHandlers } from './compareHandlers.ts';
import { configHandlers } from './configHandlers.ts';
import { dataHandlers } from './dataHandlers.ts';
import { deviceHandlers } from './deviceHandlers.ts';
import { runDetailHandlers } from './runDetailHandlers.ts';
import { runHandlers } from './runHandlers.ts';
import { sweepHandlers } from './sweepHandlers.ts';

/** Answers on `port` until it closes; `closed` then ends the process. */
export function serveOn(port: Port, closed: () => void): void {
  const emit: Emit<ServeEvents> = (...[name, payload]) => {
    side.emit(name, payload);
  };
  const configs = configHandlers(emit, () => runs.listed());
  const runs = runHandlers(emit, configs.measured);
  const details = runDetailHandlers();
  const data = dataHandlers(emit);
  const adapters = adapterHandlers();
  const devices = deviceHandlers(configs.measured);
  const compare = compareHandlers(emit);
  const sweeps = sweepHandlers(emit);
  const areas = [runs, details, data, adapters, devices, configs, compare, sweeps];
  const watched: Port = {
    post: (message) => {
      port.post(message);
    },
    listen: (receive, ended) => {
      port.listen(receive, (reason) => {
        ended(reason);
        for (const area of areas) area.dispose();
        closed();
      });
    },
  };
  const side = connect<ServeApi, None, None, ServeEvents>(watched, {
    version: protocolVersion,
    listeners: {},
    handlers: {
      ...runs.handlers,
      ...details.handlers,
      ...data.handlers,
      ...adapters.handlers,
      ...devices.handlers,
      ...configs.handlers,
      ...compare.handlers,
      ...sweeps.handlers,
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
