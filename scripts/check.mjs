/** npm run check: everything that reads the code without running it. Names as arguments run a part: `npm run check -- lint types`. */
import { ensureInstalled, isEntry, runNode } from './install.mjs';

/** @type {readonly { name: string, args: string[] }[]} */
const checks = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--build'] },
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'] },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'] },
  { name: 'boundaries', args: ['scripts/boundaries.mjs'] },
  { name: 'dead code', args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
  { name: 'generated', args: ['scripts/generate.mjs', '--check'] },
];

/**
 * Runs the checks one after the other and prints a line for each.
 * @param {readonly string[]} names
 */
export function runChecks(names = []) {
  return checks
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .map(({ name, args }) => {
      const begin = Date.now();
      const passed = runNode(args) === 0;
      const seconds = (Date.now() - begin) / 1000;
      console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
      return { name, passed, seconds };
    });
}

if (isEntry(import.meta.filename)) {
  ensureInstalled();
  const results = runChecks(process.argv.slice(2));
  const failed = results.filter((r) => !r.passed).map((r) => r.name);
  if (results.length === 0) console.log(`no such check; there are: ${checks.map((c) => c.name).join(', ')}`);
  else console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.join(', ')}`);
  process.exitCode = results.length === 0 || failed.length > 0 ? 1 : 0;
}
