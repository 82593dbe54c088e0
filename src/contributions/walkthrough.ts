/** @file Getting Started: the first adapter, step by step. */
import type { Area, Command } from './area.ts';

export const walkthroughCommands = {} as const satisfies Record<string, Command>;

export const walkthrough: Area = { commands: walkthroughCommands };
