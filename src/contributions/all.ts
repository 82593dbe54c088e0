/**
 * @file package.json's `contributes`, joined from the areas, and its English texts (`package.nls.json`), which translations replace.
 */
import { adapters } from './adapters.ts';
import type { Area, Command, MenuItem } from './area.ts';
import { compare } from './compare.ts';
import { config } from './config.ts';
import { data } from './data.ts';
import { devices } from './devices.ts';
import { category, containerId, settingsSection, trusted } from './ids.ts';
import { runs } from './runs.ts';
import { sweeps } from './sweeps.ts';
import { walkthrough } from './walkthrough.ts';

/** In the order of the side bar. */
const areas: readonly Area[] = [runs, adapters, data, devices, config, compare, sweeps, walkthrough];

const commandEntries = areas.flatMap(({ commands }) => Object.entries<Command>(commands));
export const commandIds: readonly string[] = commandEntries.map(([id]) => id);

const hidden = commandEntries.flatMap(([command, { palette }]): MenuItem[] =>
  palette === undefined ? [] : [{ command, when: palette === false ? 'false' : palette }],
);

/** The lists of one key, one area after the other; absent where all are empty. */
function joined(key: keyof Area): Readonly<Record<string, unknown>> {
  const list = areas.flatMap((area) => (area[key] ?? []) as readonly unknown[]);
  return list.length === 0 ? {} : { [key]: list };
}

function menus(): Readonly<Record<string, readonly MenuItem[]>> {
  const all: Record<string, MenuItem[]> = { commandPalette: hidden };
  for (const area of areas)
    for (const [place, items] of Object.entries(area.menus ?? {}))
      all[place] = [...(all[place] ?? []), ...items];
  return all;
}

const settings = Object.fromEntries(
  areas.flatMap((area) =>
    Object.entries(area.settings ?? {}).map(([name, setting]) => [`${settingsSection}.${name}`, setting]),
  ),
);

/** With the English texts in place. */
export const contributes: Readonly<Record<string, unknown>> = {
  commands: commandEntries.map(([command, { title, icon, starts }]) => ({
    command,
    title,
    category,
    ...(icon === undefined ? {} : { icon }),
    ...(starts === undefined ? {} : { enablement: trusted }),
  })),
  viewsContainers: {
    activitybar: [{ id: containerId, title: category, icon: 'media/icons/workbench.svg' }],
  },
  views: { [containerId]: areas.flatMap(({ views }) => views ?? []) },
  ...joined('viewsWelcome'),
  menus: menus(),
  ...joined('submenus'),
  ...joined('keybindings'),
  configuration: { title: category, properties: settings },
  configurationDefaults: Object.assign({}, ...areas.map((area) => area.configurationDefaults)) as object,
  ...joined('colors'),
  ...joined('customEditors'),
  ...joined('walkthroughs'),
  ...joined('languages'),
  ...joined('jsonValidation'),
};

export const activationEvents: readonly string[] = areas.flatMap((area) => area.activationEvents ?? []);

/** Properties that a person reads. */
const texts = new Set([
  'title',
  'category',
  'name',
  'contextualTitle',
  'contents',
  'label',
  'description',
  'markdownDescription',
  'displayName',
  'altText',
]);

const nameOf = (item: unknown, index: number): string => {
  if (typeof item !== 'object' || item === null) return String(index);
  const named = item as Readonly<Record<string, unknown>>;
  const name = named['id'] ?? named['command'] ?? named['viewType'];
  return typeof name === 'string' ? name : String(index);
};

/** The same tree with `%key%` in the place of each text, and the texts by key: how VS Code translates a manifest. */
export function localised(value: unknown): { manifest: unknown; english: Readonly<Record<string, string>> } {
  const english: Record<string, string> = {};
  const walk = (node: unknown, path: string): unknown => {
    if (Array.isArray(node)) return node.map((item, i) => walk(item, `${path}.${nameOf(item, i)}`));
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, inner]: [string, unknown]) => {
        if (!texts.has(key) || typeof inner !== 'string') return [key, walk(inner, `${path}.${key}`)];
        const name = inner === category ? 'category' : `${path}.${key}`.slice(1);
        english[name] = inner;
        return [key, `%${name}%`];
      }),
    );
  };
  return { manifest: walk(value, ''), english };
}
