/** npm run gen: writes what is generated from code; with --check it only says which committed text is out of date. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';
import { format, resolveConfig } from 'prettier';
import { root, runNode, toolNode } from './install.mjs';

/**
 * Text as the formatter leaves it, so that `gen` and `format` never disagree.
 * @param {string} path
 * @param {string} text
 */
const formatted = async (path, text) =>
  format(text, { ...(await resolveConfig(join(root, path))), filepath: path });

/** ONNX's messages, from its official schema. */
async function protobuf() {
  const out = mkdtempSync(join(tmpdir(), 'generate-'));
  try {
    const buf = join(root, 'node_modules/@bufbuild/buf/bin/buf');
    if (runNode([buf, 'generate', '-o', out]) !== 0) throw new Error('buf generate failed');
    return ['js', 'd.ts'].map((end) => {
      const path = `runtime/graph/onnx_pb.${end}`;
      const text = readFileSync(join(out, path), 'utf8');
      return { path, text: text.replace('/* eslint-disable */', '/* eslint-disable -- generated text */') };
    });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** What the extension contributes, from the typed table that the code uses too; its English texts in a file that others translate. */
async function manifest() {
  const { activationEvents, contributes, localised } = await import('../src/contributions/all.ts');
  const { manifest: contributed, english } = localised(contributes);
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const whole = { ...JSON.parse(text), activationEvents, contributes: contributed };
  const files = /** @type {const} */ ([
    ['package.json', whole],
    ['package.nls.json', english],
  ]);
  return Promise.all(
    files.map(async ([path, value]) => ({
      path,
      text: await formatted(path, JSON.stringify(value, null, 2)),
    })),
  );
}

/** Completion and hovers of *.adapter.json, from the option lists that the check uses. */
async function schema() {
  const path = 'media/schema/adapter.schema.json';
  const source = 'runtime/config/schema.ts';
  if (!existsSync(join(root, source))) return [];
  const { adapterSchema } = await import(`../${source}`);
  return [{ path, text: await formatted(path, JSON.stringify(adapterSchema(), null, 2)) }];
}

/** Texts of the extension and its pages, which translations replace: VS Code loads `bundle.l10n.<language>.json` beside it. */
async function texts() {
  const path = 'l10n/bundle.l10n.json';
  const files = ['src', 'webview'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(root, folder, name)),
  );
  const found = await getL10nJson(
    files.map((path) => ({ extension: '.ts', contents: readFileSync(path, 'utf8') })),
  );
  const sorted = Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [{ path, text: await formatted(path, JSON.stringify(sorted, null, 2)) }];
}

const generators = [protobuf, manifest, schema, texts];

if (toolNode() !== process.execPath && Number(process.versions.node.split('.')[0]) < 24) {
  // Sources are imported as they are, which older Nodes cannot.
  process.exitCode = runNode([import.meta.filename, ...process.argv.slice(2)]);
} else {
  const files = (await Promise.all(generators.map((make) => make()))).flat();
  const stale = files.filter(
    ({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
  );
  if (process.argv.includes('--check')) {
    for (const { path } of stale) console.log(`${path} is out of date: npm run gen`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const { path, text } of stale) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      console.log(`wrote ${path}`);
    }
  }
}
