/** @file The Adapters view: every config, its variants, their runs. */
import type { Area, Command } from './area.ts';
import { category, onConfigFile, onRow, trusted } from './ids.ts';

export const adaptersViewId = 'adapterWorkbench.adapters';

export const adapterCommands = {
  'adapterWorkbench.newConfig': { title: 'New Adapter Config...', icon: '$(new-file)', starts: true },
  'adapterWorkbench.trainAllVariants': { title: 'Train All Variants', icon: '$(run-all)', starts: true },
  'adapterWorkbench.duplicateVariant': { title: 'Duplicate as Variant...', icon: '$(copy)', palette: false },
  'adapterWorkbench.compareResults': { title: 'Compare', icon: '$(git-compare)', palette: false },
  'adapterWorkbench.openVariant': { title: 'Open Config', icon: '$(go-to-file)', palette: false },
  'adapterWorkbench.copyAdapterPath': { title: 'Copy Path of PEFT Folder', palette: false },
  'adapterWorkbench.revealAdapter': { title: 'Reveal in File Manager', palette: false },
  'adapterWorkbench.refreshAdapters': { title: 'Refresh Adapters', icon: '$(refresh)', palette: trusted },
} as const satisfies Record<string, Command>;

export type AdapterCommandId = keyof typeof adapterCommands;

const row = (kinds: string) => onRow(adaptersViewId, kinds);
const inView = `view == ${adaptersViewId}`;
const variant = 'variant|baseVariant';
const live = 'running|waiting';
const resumable = 'stopped|interrupted|failed';
const run = `${live}|${resumable}|done`;

export const adapters: Area = {
  commands: adapterCommands,
  views: [{ id: adaptersViewId, name: 'Adapters', contextualTitle: category }],
  viewsWelcome: [
    {
      view: adaptersViewId,
      contents: [
        'Configs of this folder (*.adapter.json) appear here, with what came of each variant.',
        '[New Adapter Config](command:adapterWorkbench.newConfig)',
      ].join('\n'),
      when: trusted,
    },
    {
      view: adaptersViewId,
      contents: [
        'Configs are read once you trust this folder.',
        '[Manage Workspace Trust](command:workbench.trust.manage)',
      ].join('\n'),
      when: `!${trusted}`,
    },
  ],
  menus: {
    'view/title': [
      { command: 'adapterWorkbench.newConfig', when: inView, group: 'navigation@1' },
      { command: 'adapterWorkbench.refreshAdapters', when: inView, group: '1_show' },
    ],
    'explorer/context': [
      { command: 'adapterWorkbench.trainAllVariants', when: onConfigFile, group: '7_modification' },
    ],
    'view/item/context': [
      { command: 'adapterWorkbench.train', when: row(variant), group: 'inline@1' },
      { command: 'adapterWorkbench.trainAllVariants', when: row('config'), group: 'inline@1' },
      { command: 'adapterWorkbench.openVariant', when: row('config'), group: 'inline@2' },
      { command: 'adapterWorkbench.stop', when: row(live), group: 'inline@1' },
      { command: 'adapterWorkbench.resume', when: row(resumable), group: 'inline@1' },
      { command: 'adapterWorkbench.tryAdapter', when: row('done'), group: 'inline@1' },
      { command: 'adapterWorkbench.train', when: row(`config|${variant}`), group: '1_run@1' },
      { command: 'adapterWorkbench.trainAllVariants', when: row('config'), group: '1_run@2' },
      { command: 'adapterWorkbench.sweep', when: row('config'), group: '1_run@3' },
      { command: 'adapterWorkbench.stop', when: row(live), group: '1_run@1' },
      { command: 'adapterWorkbench.resume', when: row(resumable), group: '1_run@1' },
      { command: 'adapterWorkbench.tryAdapter', when: row('done'), group: '1_run@2' },
      { command: 'adapterWorkbench.reproduce', when: row(run), group: '1_run@3' },
      { command: 'adapterWorkbench.compareResults', when: row(`config|${variant}`), group: '1_run@4' },
      { command: 'adapterWorkbench.openVariant', when: row(`config|${variant}`), group: '2_open@1' },
      { command: 'adapterWorkbench.openRun', when: row(run), group: '2_open@1' },
      { command: 'adapterWorkbench.openConfig', when: row(run), group: '2_open@2' },
      { command: 'adapterWorkbench.revealAdapter', when: row('config|adapter'), group: '2_open@3' },
      { command: 'adapterWorkbench.duplicateVariant', when: row(`config|${variant}`), group: '3_copy@1' },
      {
        command: 'adapterWorkbench.copyAdapterPath',
        when: row(`${variant}|adapter|done`),
        group: '3_copy@2',
      },
    ],
  },
};
