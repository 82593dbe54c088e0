/** @file The experiments by name. Each is made on demand: its rows are written into `folder`. */
import type { Experiment } from '../experiment.ts';
import { allora } from './allora.ts';
import { loraGa } from './loraGa.ts';
import { loram } from './loram.ts';
import { loramoe } from './loramoe.ts';
import { loraSb } from './loraSb.ts';
import { ticketsForAll } from './tickets.ts';

const experiments: Readonly<Record<string, (folder: string) => Experiment>> = {
  allora,
  'lora-ga': loraGa,
  'lora-sb': loraSb,
  loram,
  loramoe,
  tickets: ticketsForAll,
};

export const experimentNames: readonly string[] = Object.keys(experiments);

/** Throws for a name that isn't in `experimentNames`. */
export function experimentNamed(name: string, folder: string): Experiment {
  const make = Object.hasOwn(experiments, name) ? experiments[name] : undefined;
  if (!make) throw new Error(`no experiment is called ${name}`);
  return make(folder);
}
