/** @file The text that stands for a device and its driver: stable, and another one when the driver changes. */
import { join } from 'node:path';
import { utimesSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { deviceIdentity } from '../../../runtime/ort/identity.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
afterEach(() => {
  vi.unstubAllEnvs();
});

it('is the same twice, and never empty', () => {
  for (const provider of ['cpu', 'webgpu'] as const) {
    const { device, driver } = deviceIdentity(provider);
    expect(deviceIdentity(provider)).toEqual({ device, driver });
    expect(device.length * driver.length).toBeGreaterThan(0);
  }
});

it.runIf(process.platform === 'linux')(
  'follows the driver that the environment chooses, and its library',
  () => {
    const manifest = join(folder, 'icd.json');
    const library = join(folder, 'driver.so');
    writeFileSync(manifest, JSON.stringify({ ICD: { library_path: './driver.so' } }));
    writeFileSync(library, 'one');
    vi.stubEnv('VK_DRIVER_FILES', manifest);
    const before = deviceIdentity('webgpu');
    expect(before.device).toContain('icd.json');
    writeFileSync(library, 'another');
    const after = deviceIdentity('webgpu');
    expect(after.driver).not.toBe(before.driver);
    utimesSync(library, 1, 1);
    expect(deviceIdentity('webgpu').driver).not.toBe(after.driver);
    vi.stubEnv('VK_DRIVER_FILES', join(folder, 'missing.json'));
    expect(deviceIdentity('webgpu').driver).toContain('missing');
  },
);
