/** @file What `serve` answers about devices: what the last look found. It never looks itself, for that loads ONNX Runtime. */
import { freemem, totalmem } from 'node:os';
import type { DevicesApi } from '../contract/api/devices.ts';
import { cacheFolder } from '../formats/cacheFolder.ts';
import { readDeviceReports } from '../formats/deviceReports.ts';
import type { Answers } from './answers.ts';

export function deviceHandlers(): Answers<DevicesApi> {
  return {
    dispose: () => undefined,
    handlers: {
      'devices/known': () => {
        const reports = readDeviceReports(cacheFolder());
        return {
          memory: { free: freemem(), total: totalmem() },
          ...(reports === undefined ? {} : { reports }),
        };
      },
    },
  };
}
