/** @file What the last look at this machine's devices found, on disk: shown without starting ONNX Runtime. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceReport, DeviceReports } from '../contract/api/devices.ts';
import { UserError } from '../contract/errors.ts';
import { version } from '../contract/version.ts';
import { readJsonObject } from './jsonFile.ts';
import { machineName } from './machine.ts';
import { writeText } from './textFile.ts';

/** Five providers today; a longer list is not ours. */
const mostDevices = 50;
const states = ['verified', 'failed', 'unavailable', 'not-offered'];

export const reportsPath = (folder: string): string => join(folder, 'devices.json');

/** Another processor or another version: the numbers say nothing here. */
const machine = (): string => `${version} ${machineName()}`;

function isReport(value: unknown): value is DeviceReport {
  if (typeof value !== 'object' || value === null) return false;
  const { provider, name, state, reason, gigaflops, gigabytesPerSecond, results } = value as Record<
    string,
    unknown
  >;
  const optional = (given: unknown, type: string): boolean => given === undefined || typeof given === type;
  return (
    typeof provider === 'string' &&
    typeof name === 'string' &&
    states.includes(state as string) &&
    optional(reason, 'string') &&
    optional(gigaflops, 'number') &&
    optional(gigabytesPerSecond, 'number') &&
    (results === undefined || (Array.isArray(results) && results.every(isVerdict)))
  );
}

const isVerdict = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'ok' in value &&
  typeof value.ok === 'boolean';

/** Undefined where there is none of this machine and version, or the file is not what we wrote. */
export function readDeviceReports(folder: string): DeviceReports | undefined {
  let stored: Readonly<Record<string, unknown>>;
  try {
    stored = readJsonObject(reportsPath(folder));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
  const { measured, devices } = stored;
  const ours = stored['machine'] === machine() && typeof measured === 'string' && Array.isArray(devices);
  return ours && devices.length <= mostDevices && devices.every(isReport) ? { measured, devices } : undefined;
}

/** A cache that can't be written costs another look, nothing else. */
export function writeDeviceReports(folder: string, reports: DeviceReports): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeText(reportsPath(folder), `${JSON.stringify({ machine: machine(), ...reports }, null, 2)}\n`);
  } catch (error) {
    if (!(error instanceof UserError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
