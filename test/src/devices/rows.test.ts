/** @file How devices and operators read in a list. */
import { expect, test } from 'vitest';
import type { DeviceReport } from '../../../runtime/contract/api/devices.ts';
import { deviceRow, verdictOrder, verdictRow } from '../../../src/devices/rows.ts';

const facts = {
  cpuGigaflops: 190,
  memory: { free: 21.3e9, total: 32e9 },
  isDefault: false,
  measured: '2026-03-01T10:00:00Z',
};
const cpu: DeviceReport = {
  provider: 'cpu',
  name: 'A processor',
  threads: 2,
  state: 'verified',
  gigaflops: 190,
  gigabytesPerSecond: 20,
};

test('the CPU with its threads, its rate and what memory is free now', () => {
  const row = deviceRow(cpu, { ...facts, isDefault: true });
  expect(row.label).toBe('CPU · 2 threads');
  expect(row.description).toBe('verified · 190 GFLOP/s · 21 GB free · default');
  expect(row.tooltip).toContain('20\\.0 GB/s');
});

test.each([
  [{ gigaflops: 1.9 }, 'verified but slow · 1.90 GFLOP/s', 'warning', 'verified'],
  [{ gigaflops: 900 }, 'verified · 900 GFLOP/s', 'pass', 'verified'],
  [{ state: 'failed', gigaflops: 900 }, 'refused · 900 GFLOP/s', 'error', 'device'],
  [{ state: 'unavailable', reason: 'No driver.' }, 'not available', 'circle-slash', 'device'],
  [{ state: 'not-offered' }, 'not offered', 'circle-outline', 'device'],
] as const)('another device: %o', (more, description, icon, context) => {
  const row = deviceRow({ provider: 'webgpu', name: 'SwiftShader', state: 'verified', ...more }, facts);
  expect(row).toMatchObject({ description, icon: { id: icon }, context });
});

test('wrong operators are counted, come first, and say by how much', () => {
  const results = [
    { kind: 'operator', name: 'MatMul', ok: true, maxRelativeError: 3e-7 },
    { kind: 'part', name: 'block forward', ok: true, maxRelativeError: 0 },
    { kind: 'operator', name: 'Rotary', ok: false, error: 'no kernel\n[x](command:y)' },
    { kind: 'operator', name: 'Norm', ok: false },
  ] as const;
  expect(deviceRow({ ...cpu, provider: 'webgpu', state: 'failed', results }, facts).description).toBe(
    'refused · 2 operators wrong · 190 GFLOP/s',
  );
  const rows = verdictOrder(results).map((verdict) => verdictRow(verdict));
  expect(rows.map(({ label, description }) => [label, description])).toEqual([
    ['Norm', 'no number came out'],
    ['Rotary', 'no kernel [x](command:y)'],
    ['block forward', 'equal'],
    ['MatMul', 'differs by 3.0e-7'],
  ]);
  expect(rows[1]?.tooltip).toContain('\\[x\\]');
});
