/** @file Test projects, one for each need: nothing, ONNX Runtime, the large model, a software GPU, a real VS Code. */
import { defineConfig } from 'vitest/config';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { softwareGpu } from './scripts/machine.mjs';

/** Telemetry of ONNX Runtime is on by default and is decided before the library loads. */
const env = { ORT_DISABLE_TELEMETRY: '1' };
const setupFiles = ['test/support/fixedSeed.ts'];

/** One process at a time: these tests use all cores themselves, and a native crash must not end the others. */
const heavy = (
  name: string,
  minutes: number,
  more: Record<string, string> = {},
): TestProjectInlineConfiguration => ({
  test: {
    name,
    include: [`test/**/*.${name}.test.ts`],
    env: { ...env, ...more },
    setupFiles,
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: minutes * 60_000,
    hookTimeout: minutes * 60_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{ort,gpu,e2e,large}.test.ts', 'test/host/**'],
          env,
          setupFiles,
          testTimeout: 30_000,
        },
      },
      heavy('ort', 2),
      heavy('large', 15),
      heavy('gpu', 10, softwareGpu() ?? {}),
      heavy('e2e', 10),
    ],
  },
});
