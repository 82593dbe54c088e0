/**
 * @file What the extension adds to VS Code: ids, titles, menus, settings. Code takes its names from here, and `npm run gen`
 * writes the same table into package.json. Imports nothing, because the generator reads it without VS Code.
 */

const category = 'Adapter Workbench';

interface Command {
  readonly title: string;
  readonly icon?: string;
  /** False keeps a command that needs a row of the tree out of the palette. */
  readonly palette?: false;
  /** Starts a process of the folder's owner: only where the folder is trusted. */
  readonly starts?: true;
}

export const commands = {
  'adapterWorkbench.quickStart': { title: 'Quick Start', icon: '$(rocket)', starts: true },
  'adapterWorkbench.train': { title: 'Train', icon: '$(play)', starts: true },
  'adapterWorkbench.stop': { title: 'Stop', icon: '$(debug-stop)' },
  'adapterWorkbench.resume': { title: 'Resume', icon: '$(debug-continue)', starts: true },
  'adapterWorkbench.openRun': { title: 'Open Run', icon: '$(graph-line)' },
  'adapterWorkbench.openConfig': { title: 'Open Config', icon: '$(go-to-file)', palette: false },
  'adapterWorkbench.revealRun': { title: 'Reveal Run Folder', palette: false },
  'adapterWorkbench.copyRunPath': { title: 'Copy Path of Run', palette: false },
} as const satisfies Record<string, Command>;

export type CommandId = keyof typeof commands;

export const viewId = 'adapterWorkbench.runs';
export const runPanelId = 'adapterWorkbench.run';
export const configGlob = '**/*.adapter.json';
export const settings = { section: 'adapterWorkbench', node: 'node' } as const;

const trusted = 'isWorkspaceTrusted';
const configFile = 'resourceFilename =~ /\\.adapter\\.json$/';
const row = (kinds: string) => `view == ${viewId} && viewItem =~ /^(${kinds})$/`;
const entries = Object.entries<Command>(commands);

const welcome = {
  trusted: [
    'Runs of this folder appear here.',
    '[Quick Start: Train a First Adapter](command:adapterWorkbench.quickStart)',
    "About a minute on this machine's processor, without a download.",
    'With a config of your own (*.adapter.json), open it and press Train.',
  ].join('\n'),
  untrusted: [
    'Training starts programs on this machine. It waits until you trust this folder.',
    '[Manage Workspace Trust](command:workbench.trust.manage)',
  ].join('\n'),
};

/** package.json's `contributes`, without what is generated elsewhere. */
export const contributes = {
  commands: entries.map(([command, { title, icon, starts }]) => ({
    command,
    title,
    category,
    ...(icon === undefined ? {} : { icon }),
    ...(starts === undefined ? {} : { enablement: trusted }),
  })),
  viewsContainers: {
    activitybar: [{ id: 'adapterWorkbench', title: category, icon: 'media/icons/workbench.svg' }],
  },
  views: { adapterWorkbench: [{ id: viewId, name: 'Runs', contextualTitle: category }] },
  viewsWelcome: [
    { view: viewId, contents: welcome.trusted, when: trusted },
    { view: viewId, contents: welcome.untrusted, when: `!${trusted}` },
  ],
  menus: {
    commandPalette: entries
      .filter(([, { palette }]) => palette === false)
      .map(([command]) => ({ command, when: 'false' })),
    'editor/title': [{ command: 'adapterWorkbench.train', when: configFile, group: 'navigation' }],
    'explorer/context': [{ command: 'adapterWorkbench.train', when: configFile, group: '7_modification' }],
    'view/title': [{ command: 'adapterWorkbench.quickStart', when: `view == ${viewId}`, group: '1_start' }],
    'view/item/context': [
      { command: 'adapterWorkbench.stop', when: row('running|waiting'), group: 'inline' },
      { command: 'adapterWorkbench.resume', when: row('stopped|interrupted|failed'), group: 'inline' },
      { command: 'adapterWorkbench.stop', when: row('running|waiting'), group: '1_run' },
      { command: 'adapterWorkbench.resume', when: row('stopped|interrupted|failed'), group: '1_run' },
      { command: 'adapterWorkbench.openRun', when: row('.+'), group: '2_open@1' },
      { command: 'adapterWorkbench.openConfig', when: row('.+'), group: '2_open@2' },
      { command: 'adapterWorkbench.revealRun', when: row('.+'), group: '2_open@3' },
      { command: 'adapterWorkbench.copyRunPath', when: row('.+'), group: '3_copy' },
    ],
  },
  configuration: {
    title: category,
    properties: {
      [`${settings.section}.${settings.node}`]: {
        type: 'string',
        default: '',
        scope: 'machine-overridable',
        markdownDescription:
          "Path of the Node.js (20 or newer) that runs training. Empty uses this VS Code server's own, and on the desktop the one that comes with the extension.",
      },
    },
  },
  languages: [{ id: 'jsonc', filenamePatterns: ['*.adapter.json'] }],
  jsonValidation: [{ fileMatch: '*.adapter.json', url: './media/schema/adapter.schema.json' }],
};
