/** @file The Devices view: what computes here, and whether it was verified. */
import type { Area, Command } from './area.ts';

export const deviceCommands = {} as const satisfies Record<string, Command>;

export const devices: Area = { commands: deviceCommands };
