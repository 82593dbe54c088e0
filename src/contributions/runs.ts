/** @file Runs: the view, what one does with a run, and starting one. */
import type { Area, Command } from './area.ts';
import { category, onConfigFile, onRow, trusted } from './ids.ts';

export const runsViewId = 'adapterWorkbench.runs';
export const runPanelId = 'adapterWorkbench.run';
export const nodeSetting = 'runtime.node';
export const deviceSetting = 'device';
export const interruptedSetting = 'notifyInterruptedRuns';
/** Keys of when clauses that the view sets. */
export const runsFiltered = 'adapterWorkbench.runsFiltered';
export const runsByAdapter = 'adapterWorkbench.runsByAdapter';

export const runCommands = {
  'adapterWorkbench.quickStart': { title: 'Quick Start', icon: '$(rocket)', starts: true },
  'adapterWorkbench.train': { title: 'Train', icon: '$(play)', starts: true },
  'adapterWorkbench.stop': { title: 'Stop', icon: '$(debug-stop)' },
  'adapterWorkbench.resume': { title: 'Resume', icon: '$(debug-continue)', starts: true },
  'adapterWorkbench.openRun': { title: 'Open Run', icon: '$(graph-line)' },
  'adapterWorkbench.tryAdapter': { title: 'Try It', icon: '$(comment-discussion)', starts: true },
  'adapterWorkbench.reproduce': { title: 'Reproduce', icon: '$(debug-restart)', starts: true },
  'adapterWorkbench.compareSelectedRuns': { title: 'Compare', icon: '$(git-compare)', palette: false },
  'adapterWorkbench.renameRun': { title: 'Rename...', icon: '$(edit)', palette: false },
  'adapterWorkbench.deleteRun': { title: 'Delete', icon: '$(trash)', palette: false },
  'adapterWorkbench.openRunLog': { title: 'Open Log', icon: '$(output)' },
  'adapterWorkbench.filterRuns': { title: 'Filter Runs...', icon: '$(filter)' },
  'adapterWorkbench.clearRunFilter': {
    title: 'Clear Filter of Runs',
    icon: '$(clear-all)',
    palette: runsFiltered,
  },
  'adapterWorkbench.groupRunsByAdapter': { title: 'Group Runs by Adapter', palette: `!${runsByAdapter}` },
  'adapterWorkbench.groupRunsByDay': { title: 'Group Runs by Day', palette: runsByAdapter },
  'adapterWorkbench.showMoreRuns': { title: 'Show More Runs', palette: false },
  'adapterWorkbench.openConfig': { title: 'Open Config', icon: '$(go-to-file)', palette: false },
  'adapterWorkbench.revealRun': { title: 'Reveal Run Folder', palette: false },
  'adapterWorkbench.copyRunPath': { title: 'Copy Path of Run', palette: false },
} as const satisfies Record<string, Command>;

const row = (kinds: string) => onRow(runsViewId, kinds);
const inView = (when?: string) => `view == ${runsViewId}${when === undefined ? '' : ` && ${when}`}`;
const live = 'running|waiting';
const resumable = 'stopped|interrupted|failed';
const ended = `done|${resumable}`;
const run = `${live}|${ended}`;
/** What a key passes to its command: the rows that are selected in the view. */
export const focusedRows = { selected: true } as const;
const keysInView = `focusedView == ${runsViewId} && listFocus && !inputFocus`;

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
      { command: 'adapterWorkbench.filterRuns', when: inView(`!${runsFiltered}`), group: 'navigation@1' },
      { command: 'adapterWorkbench.clearRunFilter', when: inView(runsFiltered), group: 'navigation@1' },
      { command: 'adapterWorkbench.filterRuns', when: inView(runsFiltered), group: '2_show@1' },
      {
        command: 'adapterWorkbench.groupRunsByAdapter',
        when: inView(`!${runsByAdapter}`),
        group: '2_show@2',
      },
      { command: 'adapterWorkbench.groupRunsByDay', when: inView(runsByAdapter), group: '2_show@2' },
      { command: 'adapterWorkbench.quickStart', when: inView(), group: '1_start' },
    ],
    'view/item/context': [
      { command: 'adapterWorkbench.stop', when: row(live), group: 'inline@1' },
      { command: 'adapterWorkbench.resume', when: row(resumable), group: 'inline@1' },
      { command: 'adapterWorkbench.tryAdapter', when: row('done'), group: 'inline@1' },
      { command: 'adapterWorkbench.compareSelectedRuns', when: row('done'), group: 'inline@2' },
      { command: 'adapterWorkbench.stop', when: row(live), group: '1_run@1' },
      { command: 'adapterWorkbench.resume', when: row(resumable), group: '1_run@1' },
      { command: 'adapterWorkbench.tryAdapter', when: row('done'), group: '1_run@2' },
      { command: 'adapterWorkbench.reproduce', when: row(run), group: '1_run@3' },
      { command: 'adapterWorkbench.compareSelectedRuns', when: row(run), group: '1_run@4' },
      { command: 'adapterWorkbench.openRun', when: row(run), group: '2_open@1' },
      { command: 'adapterWorkbench.openConfig', when: row(run), group: '2_open@2' },
      { command: 'adapterWorkbench.openRunLog', when: row(run), group: '2_open@3' },
      { command: 'adapterWorkbench.revealRun', when: row(run), group: '2_open@4' },
      { command: 'adapterWorkbench.copyRunPath', when: row(run), group: '3_copy' },
      { command: 'adapterWorkbench.renameRun', when: row(run), group: '4_change@1' },
      { command: 'adapterWorkbench.deleteRun', when: row(ended), group: '4_change@2' },
    ],
  },
  keybindings: [
    {
      command: 'adapterWorkbench.renameRun',
      key: 'f2',
      mac: 'enter',
      args: focusedRows,
      when: keysInView,
    },
    {
      command: 'adapterWorkbench.deleteRun',
      key: 'delete',
      mac: 'cmd+backspace',
      args: focusedRows,
      when: keysInView,
    },
  ],
  settings: {
    [nodeSetting]: {
      type: 'string',
      default: 'auto',
      scope: 'machine-overridable',
      markdownDescription:
        "The Node.js that runs training. `auto` is this VS Code server's own, and on the desktop the one that comes with the extension; `bundled` is always the latter; else the path of a Node.js of version 20 or newer.",
    },
    [deviceSetting]: {
      type: 'string',
      enum: ['auto', 'cpu', 'webgpu'],
      enumDescriptions: [
        'The processor, until another device has proved faster and right.',
        'The processor.',
        'The graphics card, by WebGPU; it trains only after its self-test has passed.',
      ],
      default: 'auto',
      scope: 'machine-overridable',
      markdownDescription: 'Device for training with configs that name none in `device`.',
    },
    [interruptedSetting]: {
      type: 'boolean',
      default: true,
      markdownDescription:
        'Say once, when a folder is opened, which of its runs were interrupted and can be resumed.',
    },
  },
  activationEvents: [`onWebviewPanel:${runPanelId}`],
};

export type RunCommandId = keyof typeof runCommands;
