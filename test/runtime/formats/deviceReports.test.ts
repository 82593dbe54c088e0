/** @file Device reports on disk: found again on this machine, and believed only where they are whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceReports } from '../../../runtime/contract/api/devices.ts';
import {
  readDeviceReports,
  reportsPath,
  writeDeviceReports,
} from '../../../runtime/formats/deviceReports.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
const reports: DeviceReports = {
  measured: '2026-03-01T10:00:00.000Z',
  devices: [
    {
      provider: 'cpu',
      name: 'A processor',
      threads: 2,
      state: 'verified',
      gigaflops: 190,
      results: [{ kind: 'operator', name: 'MatMul', ok: true, maxRelativeError: 1e-7 }],
    },
  ],
};

test('what was written is read back', () => {
  const folder = join(root, 'new', 'deep');
  expect(readDeviceReports(folder)).toBeUndefined();
  writeDeviceReports(folder, reports);
  expect(readDeviceReports(folder)).toEqual(reports);
});

test('a report of another machine, or a file that is none of ours, is none', () => {
  writeDeviceReports(root, reports);
  const path = reportsPath(root);
  const text = readFileSync(path, 'utf8');
  const damaged = [
    text.replace(/"machine": "/, '"machine": "another '),
    text.replace('"verified"', '"fine"'),
    text.replace('"A processor"', '7'),
    text.replace('"MatMul"', 'null'),
    text.replace('190', '"fast"'),
    text.slice(0, -20),
    '[]',
  ];
  for (const broken of damaged) {
    expect(broken).not.toBe(text);
    writeFileSync(path, broken);
    expect(readDeviceReports(root)).toBeUndefined();
  }
});

test('a cache that cannot be written is no reason to fail', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  writeDeviceReports(join(file, 'below'), reports);
  expect(readDeviceReports(join(file, 'below'))).toBeUndefined();
});
