/** @file Sweeps over variants and seeds, and the learning-rate finder. */
import type { Area, Command } from './area.ts';
import { category, onConfigFile, onRow } from './ids.ts';

export const sweepsViewId = 'adapterWorkbench.sweeps';
export const ratePanelId = 'adapterWorkbench.rate';
/** Key of a when clause: the view is there once there is a sweep. */
export const hasSweeps = 'adapterWorkbench.hasSweeps';

export const sweepCommands = {
  'adapterWorkbench.sweep': { title: 'Sweep Variants × Seeds…', icon: '$(beaker)', starts: true },
  'adapterWorkbench.findRate': { title: 'Find Learning Rate', icon: '$(search-sparkle)', starts: true },
  'adapterWorkbench.stopSweep': { title: 'Stop Sweep', icon: '$(debug-stop)', palette: hasSweeps },
  'adapterWorkbench.resumeSweep': {
    title: 'Resume Sweep',
    icon: '$(debug-continue)',
    palette: hasSweeps,
    starts: true,
  },
  'adapterWorkbench.compareSweep': {
    title: 'Compare Runs of Sweep',
    icon: '$(git-compare)',
    palette: hasSweeps,
  },
} as const satisfies Record<string, Command>;

export type SweepCommandId = keyof typeof sweepCommands;

const row = (kinds: string) => onRow(sweepsViewId, kinds);

export const sweeps: Area = {
  commands: sweepCommands,
  views: [{ id: sweepsViewId, name: 'Sweeps', contextualTitle: category, when: hasSweeps }],
  menus: {
    'explorer/context': [
      { command: 'adapterWorkbench.sweep', when: onConfigFile, group: '7_modification' },
      { command: 'adapterWorkbench.findRate', when: onConfigFile, group: '7_modification' },
    ],
    'view/item/context': [
      { command: 'adapterWorkbench.stopSweep', when: row('running'), group: 'inline' },
      { command: 'adapterWorkbench.resumeSweep', when: row('stopped'), group: 'inline' },
      { command: 'adapterWorkbench.compareSweep', when: row('running|stopped|done'), group: 'inline@2' },
      { command: 'adapterWorkbench.stopSweep', when: row('running'), group: '1_run' },
      { command: 'adapterWorkbench.resumeSweep', when: row('stopped'), group: '1_run' },
      { command: 'adapterWorkbench.compareSweep', when: row('running|stopped|done'), group: '2_open' },
    ],
  },
  activationEvents: [`onWebviewPanel:${ratePanelId}`],
};
