/**
 * @file Runs test/host inside VS Code's extension host: `node test/rig/runHost.ts [REPORT]`.
 * The rig's VS Code by default; VSCODE_VERSION=stable downloads the desktop one instead (not in CI).
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { runTests } from '@vscode/test-electron';

const root = resolve(import.meta.dirname, '../..');
const report = resolve(process.argv[2] ?? join(root, 'out/reports/host.json'));
const folder = mkdtempSync(join(tmpdir(), 'host-'));
const workspace = join(folder, 'workspace');
// A copy: tests may write.
cpSync(join(root, 'test/fixtures/workspace'), workspace, { recursive: true });
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });

const version = process.env['VSCODE_VERSION'];
let failure: string | undefined;
try {
  await runTests({
    ...(version === undefined ? { vscodeExecutablePath: join(root, 'test/rig/codeShim.ts') } : { version }),
    extensionDevelopmentPath: root,
    extensionTestsPath: join(root, 'out/test/host/index.cjs'),
    extensionTestsEnv: { TEST_REPORT: report, ORT_DISABLE_TELEMETRY: '1' },
    launchArgs: [
      workspace,
      '--disable-extensions',
      `--user-data-dir=${join(folder, 'user-data')}`,
      `--extensions-dir=${join(folder, 'extensions')}`,
    ],
  });
} catch (error) {
  failure = String(error);
}
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

// A killed host ends with code 0: only the report says that the suite ran to its end.
const counts = existsSync(report)
  ? (JSON.parse(readFileSync(report, 'utf8')) as { passed: number; failed: number })
  : undefined;
if (counts === undefined) failure ??= 'the suite wrote no report: it did not run to its end';
if (failure !== undefined) console.error(failure);
console.log(`${counts?.passed ?? 0} passed, ${counts?.failed ?? 0} failed in the extension host`);
process.exitCode = failure === undefined && counts?.failed === 0 && counts.passed > 0 ? 0 : 1;
