/** @file Sweeps over variants and seeds, and the learning-rate finder. */
import type { Area, Command } from './area.ts';

export const sweepCommands = {} as const satisfies Record<string, Command>;

export const sweeps: Area = { commands: sweepCommands };
