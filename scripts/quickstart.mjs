/** npm run quickstart: installs and builds what is missing, then trains the first adapter; arguments are handed on. */
import { ensureInstalled, runNode } from './install.mjs';

ensureInstalled();
const built = runNode(['esbuild.mjs']);
process.exitCode = built === 0 ? runNode(['dist/main.mjs', 'quickstart', ...process.argv.slice(2)]) : built;
