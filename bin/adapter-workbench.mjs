#!/usr/bin/env node
/** Starts the bundled command line; in a fresh checkout it says how to build it. */
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/main.mjs', import.meta.url);
if (!existsSync(bundle)) {
  console.error('adapter-workbench is not built yet: run `npm ci && npm run build` in its folder.');
  process.exit(2);
}
process.env.ORT_DISABLE_TELEMETRY = '1';
await import(bundle.href);
