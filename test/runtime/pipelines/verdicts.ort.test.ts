/** @file Verdicts on disk: found again for the same device, driver, library and operators, and believed only where they are whole. */
import { notOffered } from '../../../runtime/config/options.ts';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Verdict } from '../../../runtime/ort/selfTest.ts';
import {
  readVerdict,
  refusal,
  requireVerdict,
  startProvider,
  verdictKey,
  verdictPath,
  writeVerdict,
} from '../../../runtime/pipelines/verdicts.ts';
import { selfTestCases } from '../../../runtime/train/selfTestCases.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';
import { runConfig } from '../../support/runConfig.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
let folders = 0;
const emptyFolder = (): string => {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return folder;
};

const base = randomBase();
const { training } = runConfig('out');
const subject = { spec: base.spec, adapted: allLinear(base), policy: 'balanced', training } as const;
const key = verdictKey('webgpu', selfTestCases(subject));
const passed: Verdict[] = [
  { kind: 'operator', name: 'MatMul', ok: true, maxRelativeError: 3e-7 },
  { kind: 'part', name: 'block backward', ok: true, maxRelativeError: 2e-6 },
];

describe('the key', () => {
  it('is the same for the same run, another for other operators, shapes and providers', () => {
    expect(verdictKey('webgpu', selfTestCases(subject))).toEqual(key);
    const others = [
      { ...subject, adapted: allLinear(base, { rank: 5 }) },
      { ...subject, policy: 'low' as const },
      { ...subject, training: { ...training, optimizer: 'sgd' as const } },
    ].map((other) => verdictKey('webgpu', selfTestCases(other)));
    others.push(
      { ...key, driver: 'another' },
      { ...key, runtime: '0.0.0' },
      { ...key, device: 'x' },
      { ...key, provider: 'dml' },
    );
    expect(new Set([key, ...others].map((one) => verdictPath('', one))).size).toBe(others.length + 1);
    expect(key.runtime).toMatch(/^\d+\.\d+/);
  });
});

describe('the cache', () => {
  it('gives back what was written, readable to people, and nothing for another key', () => {
    const folder = emptyFolder();
    expect(readVerdict(folder, key)).toBeUndefined();
    writeVerdict(folder, key, passed);
    expect(readVerdict(folder, key)).toEqual(passed);
    expect(readdirSync(join(folder, 'verdicts'))).toHaveLength(1);
    expect(readFileSync(verdictPath(folder, key), 'utf8')).toContain('"MatMul"');
    expect(readVerdict(folder, { ...key, driver: 'newer' })).toBeUndefined();
  });

  it('does not believe a file that speaks of another key', () => {
    const folder = emptyFolder();
    writeVerdict(folder, key, passed);
    const text = readFileSync(verdictPath(folder, key), 'utf8').replace(key.operators, 'f'.repeat(64));
    writeFileSync(verdictPath(folder, key), text);
    expect(readVerdict(folder, key)).toBeUndefined();
  });

  it('believes no pass without its figure, and no result of another form', () => {
    const folder = emptyFolder();
    const path = verdictPath(folder, key);
    mkdirSync(dirname(path), { recursive: true });
    const bad: unknown[] = [
      null,
      'yes',
      [],
      [{}],
      [null],
      [{ kind: 'operator', name: 'Add', ok: true }],
      [{ kind: 'operator', name: 'Add', ok: true, maxRelativeError: -1 }],
      [{ kind: 'operator', name: 'Add', ok: true, maxRelativeError: '0' }],
      [{ kind: 'operator', name: 'Add', ok: true, maxRelativeError: 0, error: 'but' }],
      [{ kind: 'spell', name: 'Add', ok: true, maxRelativeError: 0 }],
      Array.from({ length: 501 }, () => passed[0]),
    ];
    for (const results of bad) {
      writeFileSync(path, JSON.stringify({ ...key, results }));
      expect(readVerdict(folder, key), JSON.stringify(results).slice(0, 80)).toBeUndefined();
    }
  });

  it('survives any bytes', () => {
    const folder = emptyFolder();
    const path = verdictPath(folder, key);
    mkdirSync(dirname(path), { recursive: true });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((s) => Buffer.from(s)),
        ),
        (bytes) => {
          writeFileSync(path, bytes);
          expect(readVerdict(folder, key)).toBeUndefined();
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });

  it('is no reason to fail where it cannot be written', () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'verdicts'), 'a file in the way');
    writeVerdict(folder, key, passed);
    expect(statSync(join(folder, 'verdicts')).isFile()).toBe(true);
    expect(readVerdict(folder, key)).toBeUndefined();
  });
});

describe('a device', () => {
  it('that passed is not refused; one that failed is, with the operators by name', () => {
    expect(refusal('webgpu', passed)).toBeUndefined();
    const failed: Verdict[] = [
      { kind: 'operator', name: 'RmsNorm', ok: false, maxRelativeError: 0.1 },
      { kind: 'operator', name: 'Rotary', ok: false, error: 'no kernel' },
      { kind: 'part', name: 'block forward', ok: false, maxRelativeError: 0.2 },
    ];
    const error = refusal('webgpu', [...passed, ...failed])!;
    expect(error.code).toBe('device-refused');
    expect(error.message).toContain('RmsNorm (off by 1.0e-1), Rotary (no kernel)');
    expect(error.message).not.toContain('block forward');
    // wrong only as a whole: the part is named
    expect(refusal('webgpu', [...passed, failed[2]!])!.message).toContain('block forward (off by 2.0e-1)');
  });

  it('that is the CPU needs no verdict', async () => {
    const cases = (): never => {
      throw new Error('nothing is to be tested');
    };
    await expect(requireVerdict('cpu', cases)).resolves.toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('that does not start says so in one sentence', async () => {
    vi.stubEnv('VK_DRIVER_FILES', join(root, 'no driver.json'));
    vi.stubEnv('VK_ICD_FILENAMES', join(root, 'no driver.json'));
    const error: unknown = await startProvider('webgpu', 1).catch((thrown: unknown) => thrown);
    vi.unstubAllEnvs();
    expect(error).toMatchObject({
      code: 'device-unavailable',
      hint: expect.stringContaining('"cpu"') as string,
    });
    expect((error as Error).message).toMatch(/^webgpu does not start on this machine: [^/\n]+$/);
  });

  it.each(Object.keys(notOffered) as (keyof typeof notOffered)[])(
    '%s is named with the reason',
    async (provider) => {
      await expect(startProvider(provider, 1)).rejects.toMatchObject({ code: 'device-unavailable' });
    },
  );
});
