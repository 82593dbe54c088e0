/** @file The one check of a config, for the editor and before a run: text -> all diagnostics, and the resolved config where none is an error. */
import type { ResolvedConfig } from '../contract/config.ts';
import { hasErrors } from '../contract/diagnostic.ts';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { reportAdvice } from './advice.ts';
import { reportConflicts } from './conflicts.ts';
import { reportExcluded } from './excluded.ts';
import { reportFiles } from './files.ts';
import { placer } from './finding.ts';
import type { Finding, Report } from './finding.ts';
import { entryOf, keyOriginOf, originOf } from './located.ts';
import type { LocatedObject, Origin } from './located.ts';
import { options } from './options.ts';
import type { Keys } from '../contract/optionSpec.ts';
import { parseText } from './parse.ts';
import { buildConfig, mergeView, methodKeysOf, variantsOf, layersOf } from './resolve.ts';
import type { View } from './resolve.ts';
import { requireKeys, soundPart, validateSection } from './validate.ts';

export interface CheckedConfig {
  readonly diagnostics: readonly Diagnostic[];
  /** Absent where a diagnostic is an error. */
  readonly config?: ResolvedConfig;
  /** The config with defaults in the place of what is wrong: for checks that go on, never for a run. */
  readonly draft?: ResolvedConfig;
  /** Names of the file's variants, in its order. */
  readonly variants: readonly string[];
  /** Turns a later finding (about the base, the data) into a diagnostic of this text. */
  readonly diagnose: (finding: Finding) => Diagnostic;
  /** Where the value at a path stands, or the key above it. */
  readonly at: (path: readonly (string | number)[]) => Origin;
  readonly keyAt: (path: readonly string[]) => Origin;
  /** Whether the text (or a `--set`) gives this key. */
  readonly gives: (section: string, key: string) => boolean;
  readonly givesSection: (section: string) => boolean;
  /** Where the name of a variant stands. */
  readonly variantAt: (name: string) => Origin;
}

/** Checks one view of the text: the file as it is, or one variant, with `--set` last. `file` is the config's own path. Never throws. */
export function checkConfig(text: string, file: string, view: View = {}): CheckedConfig {
  const { root, diagnostics } = parseText(text);
  const place = placer(text);
  // what stands where is a guess until the text is JSON, and so is each change of it
  const isJson = !diagnostics.some(({ code }) => code === 'not-json');
  const mendable = (finding: Finding): Finding =>
    isJson ? finding : { ...finding, replacements: [], fixes: [] };
  if (root === undefined) {
    const at = (): Origin => ({ offset: 0, length: 0 });
    return {
      diagnostics,
      variants: [],
      diagnose: place,
      at,
      keyAt: at,
      gives: () => false,
      givesSection: () => false,
      variantAt: at,
    };
  }
  const findings: Finding[] = [];
  const report: Report = (finding) => findings.push(finding);
  const merged = mergeView(root, view, report);
  const layer = layersOf(root);
  const { variant } = view;
  const variantAt = (name: string): Origin => keyOriginOf(root, ['variants', name]);
  const diagnose = (finding: Finding): Diagnostic => {
    // what stands in the base config may be wrong for this variant alone
    const isInherited = variant !== undefined && layer(finding.at) === 0;
    const cause = isInherited ? [{ message: `In the variant "${variant}"`, at: variantAt(variant) }] : [];
    return place({ ...mendable(finding), related: [...(finding.related ?? []), ...cause] });
  };
  const keys: Keys = { ...options, method: { ...options.method, keys: methodKeysOf(merged) } };
  validate(merged, keys, report);
  const all = (): Diagnostic[] => [...diagnostics, ...findings.map(diagnose)];
  const checked = {
    variants: [...variantsOf(root, () => undefined).keys()],
    diagnose,
    at: (path: readonly (string | number)[]) => originOf(merged, path),
    keyAt: (path: readonly string[]) => keyOriginOf(merged, path),
    gives: (section: string, key: string) => entryOf(entryOf(merged, section)?.value, key) !== undefined,
    givesSection: (section: string) => entryOf(merged, section) !== undefined,
    variantAt,
  };
  const sound = soundPart(merged, keys);
  const draft = buildConfig(sound, file);
  // a default that stands in for a mistake must not seem to contradict another key
  if (!hasErrors(all())) {
    reportConflicts({ config: draft, root: merged, layer }, report);
    reportAdvice({ config: draft, root: merged }, report);
  }
  reportFiles({ config: draft, root: sound }, file, report);
  reportExcluded({ config: draft, root: sound }, report);
  return { ...checked, draft, diagnostics: all(), ...(hasErrors(all()) ? {} : { config: draft }) };
}

/** Checks the file and each of its variants, without the base. Sorted by place. */
export function checkAllVariants(text: string, file: string): CheckedConfig {
  const first = checkConfig(text, file);
  const views = first.variants.map((variant) => checkConfig(text, file, { variant }));
  return { ...first, diagnostics: mergeChecks([first, ...views]) };
}

const nameOf = ({ code, range, message }: Diagnostic): string => `${code} ${range?.offset ?? ''} ${message}`;

/** Diagnostics of several views of one text, the file's own first: what they share is said once. Sorted by place. */
export function mergeChecks([file, ...others]: readonly [CheckedConfig, ...CheckedConfig[]]): Diagnostic[] {
  const unique = new Map(file.diagnostics.map((diagnostic) => [nameOf(diagnostic), diagnostic]));
  const ofFile = new Set(unique.keys());
  for (const diagnostic of others.flatMap(({ diagnostics }) => diagnostics)) {
    const name = nameOf(diagnostic);
    const before = unique.get(name);
    const { related = [] } = before ?? {};
    const more = (diagnostic.related ?? []).filter(
      (one) => !related.some(({ range }) => range.offset === one.range.offset),
    );
    if (before === undefined) unique.set(name, diagnostic);
    // of several variants, each is named
    else if (!ofFile.has(name) && more.length > 0)
      unique.set(name, { ...before, related: [...related, ...more] });
  }
  return [...unique.values()].sort((x, y) => (x.range?.offset ?? 0) - (y.range?.offset ?? 0));
}

function validate(merged: LocatedObject, keys: Keys, report: Report): void {
  validateSection(merged, keys, '', report);
  requireKeys(merged, keys, keyOriginOf(merged, []), report);
  const data = entryOf(merged, 'data');
  if (data?.value.kind === 'object') requireKeys(data.value, options.data.keys, data.key, report);
}
