/** @file The list of devices: the CPU with its speed, WebGPU with a verdict, the others with the reason why not. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gpuBlocker, softwareGpu } from '../../../scripts/machine.mjs';
import { temporaryFolder } from '../../support/temporary.ts';

const blocker = gpuBlocker();
if (blocker !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`the software GPU is missing: ${blocker}`);
  console.log(`left out: the list of devices with a software GPU (${blocker})`);
}
// the driver is chosen when the library loads
Object.assign(process.env, softwareGpu() ?? {});
const { listDevices } = await import('../../../runtime/pipelines/devices.ts');

const scratch = temporaryFolder();

describe.runIf(blocker === undefined)('devices', () => {
  it('are tested once, found again, and tested again where the stored verdict is no pass', async () => {
    const tested: string[] = [];
    const list = (): ReturnType<typeof listDevices> =>
      listDevices({ folder: scratch, threads: 2, onTest: (provider) => tested.push(provider) });
    const first = await list();
    expect(first.map(({ provider, state }) => [provider, state])).toEqual([
      ['cpu', 'verified'],
      ['webgpu', 'verified'],
      ['cuda', 'not-offered'],
      ['dml', 'not-offered'],
      ['coreml', 'not-offered'],
    ]);
    for (const { state, reason, gigaflops } of first) {
      expect(reason === undefined).toBe(state === 'verified');
      expect(gigaflops !== undefined && gigaflops > 0).toBe(state === 'verified');
    }
    const results = first[1]!.results!;
    expect(results.find(({ name }) => name === 'block backward')?.maxRelativeError).toBeLessThan(1e-4);
    expect(results.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['MatMul', 'RmsNorm', 'adamw step']),
    );
    // plain data: a view gets it as JSON
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(tested).toEqual(['webgpu']);
    expect((await list())[1]!.results).toEqual(results);
    expect(tested).toEqual(['webgpu']);
    const [file] = readdirSync(join(scratch, 'verdicts'));
    const path = join(scratch, 'verdicts', file!);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"ok": true', '"ok": false'));
    expect((await list())[1]!.state).toBe('verified');
    expect(tested).toEqual(['webgpu', 'webgpu']);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
