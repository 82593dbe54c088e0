/** @file Datasets: the view, the mask preview in JSONL files, the dataset page. */
import type { Area, Command } from './area.ts';
import { category, onRow, trusted } from './ids.ts';

export const datasetsViewId = 'adapterWorkbench.datasets';
export const datasetEditorId = 'adapterWorkbench.dataset';
export const maskSetting = 'data.maskPreview';
/** Context key while token losses are shown. */
export const lossesShownKey = 'adapterWorkbench.tokenLossesShown';
/** Colours of our own where the editor's have no name for it. */
export const trainedBorder = 'adapterWorkbench.trainedTextBorder';

export const dataCommands = {
  'adapterWorkbench.openDataset': { title: 'Open in Dataset Page', icon: '$(preview)' },
  'adapterWorkbench.showStatistics': { title: 'Show Statistics of Dataset', icon: '$(graph)' },
  'adapterWorkbench.openDatasetFile': { title: 'Open File', icon: '$(go-to-file)', palette: false },
  'adapterWorkbench.checkDataset': { title: 'Check All Rows', icon: '$(checklist)' },
  'adapterWorkbench.copyDatasetPath': { title: 'Copy Path of Dataset', palette: false },
  'adapterWorkbench.revealDataset': { title: 'Reveal Dataset in File Manager', palette: false },
  'adapterWorkbench.chooseMask': { title: 'Choose Config for Mask Preview', icon: '$(symbol-color)' },
  'adapterWorkbench.toggleMask': { title: 'Toggle Mask Preview' },
  'adapterWorkbench.excludeRow': { title: 'Exclude Row from Training' },
  'adapterWorkbench.includeRow': { title: 'Include Row in Training' },
  'adapterWorkbench.raiseLength': { title: 'Raise data.length', palette: false },
  'adapterWorkbench.hideTokenLosses': { title: 'Hide Token Losses', palette: lossesShownKey },
} as const satisfies Record<string, Command>;

export type DataCommandId = keyof typeof dataCommands;

const row = onRow(datasetsViewId, 'dataset');
const onRows = 'resourceExtname =~ /^\\.(jsonl|ndjson)$/i';
const onData = 'resourceExtname =~ /^\\.(jsonl|ndjson|csv|tsv|parquet)$/i';

export const data: Area = {
  commands: dataCommands,
  views: [{ id: datasetsViewId, name: 'Datasets', contextualTitle: category }],
  viewsWelcome: [
    {
      view: datasetsViewId,
      contents: [
        'Data files of this folder appear here: those that a config uses, and those that look like a dataset.',
        '[Quick Start: Sample Dataset and First Adapter](command:adapterWorkbench.quickStart)',
        'Your own data is a .jsonl file with one conversation a line.',
      ].join('\n'),
      when: trusted,
    },
    {
      view: datasetsViewId,
      contents: 'Data files are looked into when you trust this folder.',
      when: `!${trusted}`,
    },
  ],
  menus: {
    'editor/title': [{ command: 'adapterWorkbench.openDataset', when: onRows, group: 'navigation' }],
    'explorer/context': [{ command: 'adapterWorkbench.openDataset', when: onData, group: 'navigation@20' }],
    'editor/context': [
      { command: 'adapterWorkbench.excludeRow', when: onRows, group: '1_modification@20' },
      { command: 'adapterWorkbench.includeRow', when: onRows, group: '1_modification@21' },
    ],
    'view/item/context': [
      { command: 'adapterWorkbench.openDataset', when: row, group: 'inline' },
      { command: 'adapterWorkbench.openDatasetFile', when: row, group: '1_open@1' },
      { command: 'adapterWorkbench.openDataset', when: row, group: '1_open@2' },
      { command: 'adapterWorkbench.showStatistics', when: row, group: '1_open@3' },
      { command: 'adapterWorkbench.checkDataset', when: row, group: '2_check' },
      { command: 'adapterWorkbench.copyDatasetPath', when: row, group: '3_copy@1' },
      { command: 'adapterWorkbench.revealDataset', when: row, group: '3_copy@2' },
    ],
  },
  keybindings: [
    {
      command: 'adapterWorkbench.hideTokenLosses',
      key: 'escape',
      when: `${lossesShownKey} && editorTextFocus && !suggestWidgetVisible && !findWidgetVisible`,
    },
  ],
  settings: {
    [maskSetting]: {
      type: 'boolean',
      default: true,
      markdownDescription:
        'Colour the rows of `.jsonl` files by what the config that uses them trains, ignores and cuts off.',
    },
  },
  // What is trained stands at a row's end. VS Code itself leaves large files and longer lines unwrapped.
  configurationDefaults: { '[jsonl]': { 'editor.wordWrap': 'on' } },
  colors: [
    {
      id: trainedBorder,
      description: 'Border around trained text in datasets.',
      defaults: {
        dark: '#00000000',
        light: '#00000000',
        highContrast: 'diffEditor.insertedTextBorder',
        highContrastLight: 'diffEditor.insertedTextBorder',
      },
    },
  ],
  customEditors: [
    {
      viewType: datasetEditorId,
      displayName: 'Dataset',
      priority: 'option',
      selector: ['jsonl', 'ndjson', 'csv', 'tsv', 'parquet', 'json'].map((ending) => ({
        filenamePattern: `*.${ending}`,
      })),
    },
  ],
  activationEvents: ['onLanguage:jsonl', `onCustomEditor:${datasetEditorId}`],
};
