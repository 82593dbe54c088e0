/** @file `npm run test:crash [N] [SEED]`: N kills (200) of the real training process at random moments. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashRuns } from './killer.ts';

const [wanted, seed] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 1)];
const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-crash-'));
const begin = Date.now();
const report = await crashRuns(folder, wanted, seed, (line) => {
  console.log(line);
});
console.log(JSON.stringify({ seed, ...report, seconds: Math.round((Date.now() - begin) / 1000) }));
rmSync(folder, { recursive: true, force: true });
