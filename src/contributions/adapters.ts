/** @file The Adapters view: every config, its variants, their runs. */
import type { Area, Command } from './area.ts';

export const adapterCommands = {} as const satisfies Record<string, Command>;

export const adapters: Area = { commands: adapterCommands };
