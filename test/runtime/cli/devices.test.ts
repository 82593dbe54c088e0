/** @file The table of devices: one row each, reasons below, within the terminal's width. */
import { expect, test } from 'vitest';
import { deviceLines } from '../../../runtime/cli/devices.ts';

test('shows state and speed, and why a device is not verified', () => {
  const lines = deviceLines(
    [
      {
        provider: 'cpu',
        name: 'CPU',
        threads: 2,
        state: 'verified',
        gigaflops: 187.4,
        gigabytesPerSecond: 21.34,
      },
      {
        provider: 'cuda',
        name: 'CUDA',
        state: 'not-offered',
        reason: 'its libraries are a download of their own.',
      },
    ],
    80,
  );
  expect(lines.find((line) => line.startsWith('cpu '))).toMatch(/CPU, 2 threads\s+verified\s+187\s+21\.3$/);
  expect(lines.at(-1)).toBe('cuda: its libraries are a download of their own.');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});
