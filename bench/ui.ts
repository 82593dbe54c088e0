/**
 * @file `npm run bench:ui -- [TOPIC ...]`: how long a person waits in a real VS Code, one line a figure with the limit beside it.
 * Each file of `ui/` is one topic and runs alone. Ends with 1 when a figure is beyond its limit.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'ui');
const wanted = process.argv.slice(2);
const topics = readdirSync(folder)
  .map((name) => name.replace(/[.]ts$/, ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
let beyond = topics.length === 0;
for (const topic of topics) {
  console.log(`\n== ${topic} ==`);
  const { status } = spawnSync(process.execPath, [join(folder, `${topic}.ts`)], { stdio: 'inherit' });
  if (status !== 0) beyond = true;
}
process.exitCode = beyond ? 1 : 0;
