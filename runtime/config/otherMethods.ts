/** @file The methods that a config could have instead of its own: each as a change of the text, and as a variant beside it. */
import type { MethodChoice } from '../contract/api/config.ts';
import { initialisers, initKeys } from '../methods/inits/index.ts';
import { methods } from '../methods/index.ts';
import { editor } from './edits.ts';
import type { Change } from './edits.ts';
import { fix } from './finding.ts';
import type { FullCheck } from './fullCheck.ts';
import { entryOf, keyOriginOf } from './located.ts';
import type { Located, LocatedObject } from './located.ts';
import { methodKeys } from './options.ts';
import { parseText } from './parse.ts';

/** Keys of `method` that make a config one of this kind, or of these start values. */
type Wanted = Readonly<Record<string, unknown>> & { readonly kind: string };

interface Choice extends Pick<MethodChoice, 'name' | 'title' | 'doc'> {
  readonly wanted: Wanted;
}

/** Plain LoRA and its start values stand together. */
const choices: readonly Choice[] = methods.flatMap(({ kind, title, doc, keys }) => [
  { name: kind, title, doc, wanted: { kind } },
  ...(Object.hasOwn(keys, 'init')
    ? Object.entries(initialisers).map(([init, one]) => ({
        ...{ name: init, title: one.title, doc: one.doc },
        // its paper's scale
        wanted: { kind, init, ...(init === 'lora-ga' && { rankStabilized: true }) },
      }))
    : []),
]);

/** `view` is the file's own, not a variant's. Nothing for a text that is no object. */
export function otherMethods(
  text: string,
  view: Pick<FullCheck, 'draft' | 'variants' | 'keyAt'> | undefined,
): MethodChoice[] {
  const { root } = parseText(text);
  if (root === undefined || view?.draft === undefined) return [];
  const { draft, variants, keyAt } = view;
  const edit = editor(text);
  const at = keyAt(['base']);
  const put = (path: readonly string[], value: unknown): Change => ({ kind: 'put', at, path, value });
  const { kind, init } = draft.method;
  const name = typeof init !== 'string' || init === 'default' ? kind : init;
  return choices.map(({ wanted, ...choice }) => {
    const puts = Object.entries(wanted).map(([key, value]) => put(['method', key], value));
    const change = edit(fix(`Change to ${choice.title}`, ...puts, ...removed(root, wanted)));
    const variant = edit(
      fix(
        `Add a variant with ${choice.title}`,
        put(['variants', freeName(variants, choice.name)], { method: wanted }),
      ),
    );
    return {
      ...choice,
      isCurrent: choice.name === name,
      ...(change === undefined ? {} : { change }),
      ...(variant === undefined ? {} : { variant }),
    };
  });
}

/** What the text says of the method before, in the file and in variants that have no kind of their own. */
function removed(root: LocatedObject, wanted: Wanted): Change[] {
  const known = methodKeys(wanted.kind);
  const stays = (key: string): boolean =>
    Object.hasOwn(wanted, key) ||
    (Object.hasOwn(known, key) && !(Object.hasOwn(initKeys, key) && wanted['init'] === undefined));
  const inside = (path: readonly string[]): Change[] => {
    const section = path.reduce<Located | undefined>((value, name) => entryOf(value, name)?.value, root);
    if (section?.kind !== 'object') return [];
    if (path.length > 1 && section.entries.has('kind')) return [];
    return [...section.entries.keys()]
      .filter((key) => !stays(key))
      .map((key) => ({ kind: 'remove', at: keyOriginOf(root, [...path, key]) }));
  };
  const variants = entryOf(root, 'variants')?.value;
  const names = variants?.kind === 'object' ? [...variants.entries.keys()] : [];
  return [inside(['method']), ...names.map((name) => inside(['variants', name, 'method']))].flat();
}

export function freeName(taken: readonly string[], wanted: string): string {
  let name = wanted;
  for (let i = 2; taken.includes(name); i++) name = `${wanted} (${i})`;
  return name;
}
