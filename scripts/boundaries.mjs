/** npm run boundaries: the import rules of .dependency-cruiser.cjs, on the tree and on the fixtures that must break them. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { isEntry, root } from './install.mjs';

/** @type {{ forbidden: { name: string, comment: string }[], options: object }} */
export const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

/**
 * Reads every module under `baseDir` and returns what broke a rule.
 * @param {string} baseDir
 */
export async function violations(baseDir) {
  const folders = ['runtime', 'src', 'webview'].filter((folder) => existsSync(join(baseDir, folder)));
  const { output } = await cruise(
    folders,
    /** @type {any} */ ({
      ...rules.options,
      ruleSet: { forbidden: rules.forbidden, options: rules.options },
      validate: true,
      baseDir,
      outputType: 'json',
    }),
  );
  /** @type {any} */
  const result = typeof output === 'string' ? JSON.parse(output) : output;
  /** @type {{ source: string }[]} */
  const modules = result.modules;
  const own = modules.filter((m) => folders.some((folder) => m.source.startsWith(`${folder}/`)));
  /** @type {{ rule: string, from: string, to: string }[]} */
  const broken = result.summary.violations.map((/** @type {any} */ v) => ({
    rule: v.rule.name,
    from: v.from,
    to: v.to,
  }));
  return { modules: own.length, broken };
}

/** Rules that their fixture (a file named like the rule) does not break, and good fixtures that were rejected. */
export async function blindRules() {
  const { broken, modules } = await violations(join(root, 'test/guards/fixtures/boundaries'));
  const stem = (/** @type {string} */ path) => basename(path).replace(/[.].*$/, '');
  const unbroken = rules.forbidden
    .map((rule) => rule.name)
    .filter((name) => !broken.some((b) => b.rule === name && [name, 'main'].includes(stem(b.from))));
  const wronglyBroken = broken.filter((b) => stem(b.from).startsWith('good'));
  return { modules, unbroken, wronglyBroken };
}

if (isEntry(import.meta.filename)) {
  process.chdir(root);
  const { modules, broken } = await violations(root);
  for (const { rule, from, to } of broken) {
    const comment = rules.forbidden.find((r) => r.name === rule)?.comment ?? '';
    console.log(`${from} -> ${to}\n    ${rule}: ${comment}`);
  }
  // A cruise that cannot parse TypeScript sees no modules and would call everything fine.
  if (modules < 40) console.log(`only ${modules} modules were looked at: is TypeScript still parsed?`);
  const { unbroken, wronglyBroken } = await blindRules();
  for (const name of unbroken) console.log(`rule ${name} does not reject its fixture`);
  for (const b of wronglyBroken) console.log(`rule ${b.rule} rejects ${b.from}, which is allowed`);
  const failed = broken.length > 0 || modules < 40 || unbroken.length > 0 || wronglyBroken.length > 0;
  console.log(`${modules} modules, ${rules.forbidden.length} rules, ${broken.length} violations`);
  process.exitCode = failed ? 1 : 0;
}
