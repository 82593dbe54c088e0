/** @file Runs: the view, what one does with a run, and starting one. */
import type { Area, Command } from './area.ts';
import { category, onConfigFile, onRow, trusted } from './ids.ts';

export const runsViewId = 'adapterWorkbench.runs';
export const runPanelId = 'adapterWorkbench.run';
export const nodeSetting = 'runtime.node';

export const runCommands = {
  'adapterWorkbench.quickStart': { title: 'Quick Start', icon: '$(rocket)', starts: true },
  'adapterWorkbench.train': { title: 'Train', icon: '$(play)', starts: true },
  'adapterWorkbench.stop': { title: 'Stop', icon: '$(debug-stop)' },
  'adapterWorkbench.resume': { title: 'Resume', icon: '$(debug-continue)', starts: true },
  'adapterWorkbench.openRun': { title: 'Open Run', icon: '$(graph-line)' },
  'adapterWorkbench.openConfig': { title: 'Open Config', icon: '$(go-to-file)', palette: false },
  'adapterWorkbench.revealRun': { title: 'Reveal Run Folder', palette: false },
  'adapterWorkbench.copyRunPath': { title: 'Copy Path of Run', palette: false },
} as const satisfies Record<string, Command>;

const row = (kinds: string) => onRow(runsViewId, kinds);

export const runs: Area = {
  commands: runCommands,
  views: [{ id: runsViewId, name: 'Runs', contextualTitle: category }],
  viewsWelcome: [
    {
      view: runsViewId,
      contents: [
        'Runs of this folder appear here.',
        '[Quick Start: Train a First Adapter](command:adapterWorkbench.quickStart)',
        "About a minute on this machine's processor, without a download.",
        'With a config of your own (*.adapter.json), open it and press Train.',
      ].join('\n'),
      when: trusted,
    },
    {
      view: runsViewId,
      contents: [
        'Training starts programs on this machine. It waits until you trust this folder.',
        '[Manage Workspace Trust](command:workbench.trust.manage)',
      ].join('\n'),
      when: `!${trusted}`,
    },
  ],
  menus: {
    'editor/title': [{ command: 'adapterWorkbench.train', when: onConfigFile, group: 'navigation' }],
    'explorer/context': [{ command: 'adapterWorkbench.train', when: onConfigFile, group: '7_modification' }],
    'view/title': [
      { command: 'adapterWorkbench.quickStart', when: `view == ${runsViewId}`, group: '1_start' },
    ],
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
  settings: {
    [nodeSetting]: {
      type: 'string',
      default: 'auto',
      scope: 'machine-overridable',
      markdownDescription:
        "The Node.js that runs training. `auto` is this VS Code server's own, and on the desktop the one that comes with the extension; `bundled` is always the latter; else the path of a Node.js of version 20 or newer.",
    },
  },
  activationEvents: [`onWebviewPanel:${runPanelId}`],
};

export type RunCommandId = keyof typeof runCommands;
