/**
 * npm test: build, checks and every test that this machine allows, from a fresh clone with Node 20 and npm alone.
 * Says what was left out and why; with CI=true leaving out is a failure. Last line: `N passed, N failed`.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from './check.mjs';
import { ensureInstalled, root, runNode } from './install.mjs';
import { gpuBlocker, sharedFolder, vscodeBlocker } from './machine.mjs';

/** @typedef {{ name: string, passed: number, failed: number, leftOut: string[], seconds: number }} Outcome */

const reports = join(root, 'out/reports');

/**
 * @param {string} file
 * @returns {any} undefined when the runner died before it wrote its report
 */
const report = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

/**
 * Runs one of vitest's projects. No report, a failed file without tests or no test at all count as a failure.
 * @param {string} project
 * @param {Record<string, string>} env
 */
function vitest(project, env = {}) {
  const file = join(reports, `${project}.json`);
  const code = runNode(
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { env: { ...process.env, ...env } },
  );
  const result = report(file);
  const passed = result?.numPassedTests ?? 0;
  const failed = result?.numFailedTests ?? 0;
  const skipped = result?.numPendingTests ?? 0;
  const broken = failed === 0 && (code !== 0 || passed === 0) ? 1 : 0;
  return {
    passed,
    failed: failed + broken,
    leftOut: skipped > 0 ? [`${skipped} tests skipped themselves (their output says why)`] : [],
  };
}

/** Mocha inside VS Code's extension host. */
function host() {
  const file = join(reports, 'host.json');
  const code = runNode(['test/rig/runHost.ts', file]);
  const result = report(file);
  const failed = result?.failed ?? 0;
  const broken = failed === 0 && (code !== 0 || !result?.passed) ? 1 : 0;
  return { passed: result?.passed ?? 0, failed: failed + broken, leftOut: [] };
}

/** The packed extension, as a person installs it, in a browser's VS Code. */
function packed() {
  const vsix = join(root, 'artifacts/adapter-workbench-linux-x64.vsix');
  if (runNode(['scripts/package.mjs', 'linux-x64', vsix]) !== 0) return { passed: 0, failed: 1, leftOut: [] };
  return vitest('e2e', { VSIX: vsix });
}

/** One test per script that must succeed.
 * @param {string[]} args */
const script = (...args) =>
  runNode(args) === 0 ? { passed: 1, failed: 0, leftOut: [] } : { passed: 0, failed: 1, leftOut: [] };

function checks() {
  const results = runChecks();
  const failed = results.filter((r) => !r.passed).length;
  return { passed: results.length - failed, failed, leftOut: [] };
}

const noReferences =
  sharedFolder() === undefined
    ? 'no ../shared beside this folder: reference fixtures, the large model and its data'
    : undefined;
const noVscode = vscodeBlocker();

/** @type {readonly { name: string, run: () => Omit<Outcome, 'name' | 'seconds'>, blocker?: string | undefined, partly?: string | undefined }[]} */
const layers = [
  { name: 'build', run: () => script('esbuild.mjs', '--tests') },
  { name: 'check', run: checks },
  { name: 'unit', run: () => vitest('unit'), partly: noReferences },
  { name: 'ort', run: () => vitest('ort'), partly: noReferences },
  { name: 'large', run: () => vitest('large'), blocker: noReferences },
  { name: 'gpu', run: () => vitest('gpu'), blocker: gpuBlocker() },
  { name: 'rig', run: () => script('test/rig/install.ts'), blocker: noVscode },
  { name: 'host', run: host, blocker: noVscode },
  { name: 'e2e', run: packed, blocker: noVscode },
];

/** @param {readonly string[]} names */
function main(names) {
  ensureInstalled();
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  /** @type {Outcome[]} */
  const outcomes = [];
  for (const { name, run, blocker, partly } of layers) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n== ${name} ==`);
    const begin = Date.now();
    const outcome = blocker === undefined ? run() : { passed: 0, failed: 0, leftOut: [blocker] };
    const leftOut = [...outcome.leftOut, ...(partly === undefined ? [] : [partly])];
    outcomes.push({ ...outcome, name, leftOut, seconds: (Date.now() - begin) / 1000 });
  }
  const inCi = process.env['CI'] === 'true';
  console.log('\n== summary ==');
  for (const { name, passed, failed, leftOut, seconds } of outcomes) {
    console.log(
      `${name.padEnd(6)} ${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${seconds.toFixed(0).padStart(5)} s`,
    );
    for (const reason of leftOut)
      console.log(`       left out${inCi ? ' (a failure in CI)' : ''}: ${reason}`);
  }
  /** @param {(outcome: Outcome) => number} count */
  const sum = (count) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const failed = sum((o) => o.failed + (inCi ? o.leftOut.length : 0));
  console.log(`${sum((o) => o.passed)} passed, ${failed} failed`);
  process.exitCode = failed > 0 || outcomes.length === 0 ? 1 : 0;
}

main(process.argv.slice(2));
