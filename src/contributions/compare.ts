/** @file Comparing runs. */
import type { Area, Command } from './area.ts';

export const comparePanelId = 'adapterWorkbench.compare';

export const compareCommands = {
  'adapterWorkbench.compareRuns': { title: 'Compare Runs', icon: '$(git-compare)' },
} as const satisfies Record<string, Command>;

export type CompareCommandId = keyof typeof compareCommands;

export const compare: Area = {
  commands: compareCommands,
  activationEvents: [`onWebviewPanel:${comparePanelId}`],
};
