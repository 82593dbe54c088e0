/** @file The Devices view: what computes here, and whether it was verified. */
import type { Area, Command } from './area.ts';
import { category, onRow, trusted } from './ids.ts';

export const devicesViewId = 'adapterWorkbench.devices';

export const deviceCommands = {
  'adapterWorkbench.testDevices': { title: 'Test Devices', icon: '$(beaker)', starts: true },
  'adapterWorkbench.useDevice': { title: 'Use as Default Device', icon: '$(star-empty)', starts: true },
} as const satisfies Record<string, Command>;

export type DeviceCommandId = keyof typeof deviceCommands;

export const devices: Area = {
  commands: deviceCommands,
  views: [{ id: devicesViewId, name: 'Devices', contextualTitle: category, visibility: 'collapsed' }],
  viewsWelcome: [
    {
      view: devicesViewId,
      contents: [
        'What can train on this machine, how fast it is, and whether each of its operators gives right numbers.',
        '[Test Devices](command:adapterWorkbench.testDevices)',
        'It takes some seconds.',
      ].join('\n'),
      when: trusted,
    },
    {
      view: devicesViewId,
      contents: [
        'Testing devices starts a program. It waits until you trust this folder.',
        '[Manage Workspace Trust](command:workbench.trust.manage)',
      ].join('\n'),
      when: `!${trusted}`,
    },
  ],
  menus: {
    'view/title': [
      { command: 'adapterWorkbench.testDevices', when: `view == ${devicesViewId}`, group: 'navigation' },
    ],
    'view/item/context': [
      { command: 'adapterWorkbench.useDevice', when: onRow(devicesViewId, 'verified'), group: 'inline' },
      { command: 'adapterWorkbench.useDevice', when: onRow(devicesViewId, 'verified'), group: '1_run' },
    ],
  },
};
