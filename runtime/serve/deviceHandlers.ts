/** @file What `serve` answers about devices: what the last look found. It never looks itself, for that loads ONNX Runtime. */
import { freemem, totalmem } from 'node:os';
import type { DevicesApi } from '../contract/api/devices.ts';
import { cacheFolder } from '../formats/cacheFolder.ts';
import { readDeviceReports } from '../formats/deviceReports.ts';
import type { Answers } from './answers.ts';

/** `asked`: somebody wants to know, since a look has just ended or a window opens. */
export function deviceHandlers(asked: () => void = () => undefined): Answers<DevicesApi> {
  return {
    dispose: () => undefined,
    handlers: {
      'devices/known': () => {
        asked();
        const reports = readDeviceReports(cacheFolder());
        return {
          memory: { free: freemem(), total: totalmem() },
          ...(reports === undefined ? {} : { reports }),
        };
      },
    },
  };
}
