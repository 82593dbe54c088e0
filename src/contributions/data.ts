/** @file Datasets: the view, the mask preview in JSONL files, the dataset page. */
import type { Area, Command } from './area.ts';

export const dataCommands = {} as const satisfies Record<string, Command>;

export const data: Area = { commands: dataCommands };
