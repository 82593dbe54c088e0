/** @file The licences of what a package carries: dist/third-party-licences.txt, from the inputs that esbuild bundled. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What may be shipped inside of a package under MIT. */
const allowed = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD']);

/** Shipped as they are, beside the bundles. */
const unbundled = ['node_modules/onnxruntime-node', 'node_modules/onnxruntime-common'];

/**
 * Folders of the packages that inputs come from, sorted.
 * @param {Iterable<string>} inputs
 */
export function packageFolders(inputs) {
  const folders = new Set(unbundled);
  for (const input of inputs) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].sort();
}

/**
 * "(MIT OR GPL-3.0-or-later)" leaves the choice, "(Apache-2.0 AND BSD-3-Clause)" needs both; the two don't nest in what is used here.
 * @param {string} expression as in SPDX
 */
export function mayShip(expression) {
  const parts = expression.replace(/[()]/g, '').split(' OR ');
  return parts.some((part) => part.split(' AND ').every((name) => allowed.has(name)));
}

/**
 * A package's name, version and licence. Throws where the licence is none that may be shipped.
 * @param {string} folder
 */
export function licenceOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!mayShip(String(license)))
    throw new Error(`${name} is under ${license}: only ${[...allowed].join(', ')} may be shipped`);
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.|-|$)/i.test(entry));
  const by = typeof author === 'string' ? author : author?.name;
  const text =
    file === undefined
      ? `Copyright ${by ?? `the authors of ${name}`}`
      : readFileSync(join(folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

/**
 * Writes the list.
 * @param {string} out
 * @param {Iterable<string>} inputs paths that esbuild's metafiles name
 */
export function writeLicences(out, inputs) {
  const line = `\n${'-'.repeat(80)}\n\n`;
  const texts = packageFolders(inputs)
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map(licenceOf);
  const head = 'Adapter Workbench carries parts of these packages.\n';
  writeFileSync(out, [head, ...texts].join(line));
}
