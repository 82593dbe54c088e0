/**
 * Bundles: dist/main.mjs (command line and every child process, split so that `check` loads little), dist/extension.cjs,
 * dist/webview/*. With --tests also out/test/host, which VS Code's extension host loads; --production for a package.
 */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { writeLicences } from './scripts/licences.mjs';

const production = process.argv.includes('--production');
/** @type {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  logLevel: 'warning',
  sourcemap: production ? false : 'linked',
  minify: production,
  outdir: 'dist',
  metafile: true,
  // jsonc-parser's `main` is a UMD bundle that requires its parts by computed names.
  mainFields: ['module', 'main'],
};
/**
 * esbuild copies a CommonJS module's properties, one getter each, in every module that imports it: VS Code's API and
 * `l10n`, some sixty times each, were half of what loading the extension took. VS Code's own object is one constant ahead
 * of the bundle instead; `l10n` is copied once.
 * @type {import('esbuild').Plugin}
 */
const copyOnce = {
  name: 'copy-once',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/^import \* as vscode from 'vscode';$/m, ''),
      loader: 'ts',
    }));
    onResolve({ filter: /^@vscode\/l10n$/ }, ({ namespace }) =>
      namespace === 'once' ? undefined : { path: '@vscode/l10n', namespace: 'once', sideEffects: false },
    );
    onLoad({ filter: /.*/, namespace: 'once' }, () => ({
      contents: "export { config, t } from '@vscode/l10n';",
      resolveDir: import.meta.dirname,
    }));
  },
};
/** @type {import('esbuild').BuildOptions} */
const inHost = {
  ...shared,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  external: ['vscode'],
  banner: { js: "const vscode = require('vscode');" },
  plugins: [copyOnce],
};
rmSync('dist', { recursive: true, force: true });

const runtime = await build({
  ...shared,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  entryPoints: { main: 'runtime/main.ts' },
  outExtension: { '.js': '.mjs' },
  external: ['onnxruntime-node'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
const host = await build({
  ...inHost,
  entryPoints: { extension: 'src/extension.ts' },
});
/** One folder a page: `main.ts` and the style of the folder's name. */
const pages = readdirSync('webview').filter((name) => existsSync(`webview/${name}/main.ts`));
const webview = await build({
  ...shared,
  platform: 'browser',
  mainFields: ['browser', 'module', 'main'],
  target: 'es2023',
  format: 'iife',
  entryPoints: Object.fromEntries(
    pages.flatMap((name) => [
      [name, `webview/${name}/main.ts`],
      [`${name}Style`, `webview/${name}/${name}.css`],
    ]),
  ),
  outdir: 'dist/webview',
});
const built = [runtime, host, webview].flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
writeLicences('dist/third-party-licences.txt', built);

if (process.argv.includes('--tests')) {
  const suites = readdirSync('test/host').filter((name) => name.endsWith('.ts'));
  await build({
    ...inHost,
    minify: false,
    sourcemap: 'inline',
    entryPoints: suites.map((name) => `test/host/${name}`),
    outdir: 'out/test/host',
    // support files find the repository by it, unless they are told, as the host's suites do
    logOverride: { 'empty-import-meta': 'silent' },
    external: ['mocha'],
  });
}
