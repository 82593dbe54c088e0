/** @file Loaded by VS Code's extension host: runs the suite and leaves its counts in $TEST_REPORT. */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

interface Failure {
  readonly title: string;
  readonly message: string;
}

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 20_000, color: false });
  // Defines describe and it before the tests' modules are evaluated.
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./data.test.ts');
  await import('./config.test.ts');
  await import('./extension.test.ts');
  const failures: Failure[] = [];
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failed) => {
      // A file, because the host's console is mixed with the workbench's own lines and its exit code can lie.
      const report = process.env['TEST_REPORT'];
      if (report !== undefined)
        writeFileSync(report, JSON.stringify({ passed: runner.stats?.passes ?? 0, failed, failures }));
      if (failed > 0) reject(new Error(`${failed} tests failed`));
      else resolve();
    });
    runner.on('fail', (test, error) => {
      const { message } = error as Error;
      failures.push({ title: test.fullTitle(), message });
    });
  });
}
