/** @file Comparing runs. */
import type { Area, Command } from './area.ts';

export const compareCommands = {} as const satisfies Record<string, Command>;

export const compare: Area = { commands: compareCommands };
