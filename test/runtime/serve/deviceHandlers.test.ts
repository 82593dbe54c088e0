/** @file The last look at the devices, read back by the helper. */
import { afterEach, expect, test, vi } from 'vitest';
import { writeDeviceReports } from '../../../runtime/formats/deviceReports.ts';
import { deviceHandlers } from '../../../runtime/serve/deviceHandlers.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

test('what was found is told, with the memory as it is now', async () => {
  vi.stubEnv('ADAPTER_WORKBENCH_CACHE', folder);
  const ask = () => deviceHandlers().handlers['devices/known']({}, new AbortController().signal);
  const before = await ask();
  expect(before.reports).toBeUndefined();
  expect(before.memory.free).toBeGreaterThan(0);
  expect(before.memory.total).toBeGreaterThan(before.memory.free);
  const reports = { measured: 'now', devices: [{ provider: 'cpu', name: 'x', state: 'verified' } as const] };
  writeDeviceReports(folder, reports);
  expect((await ask()).reports).toEqual(reports);
});
