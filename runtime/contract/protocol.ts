/** @file What the extension asks its helper process (`serve`), and what the helper tells by itself: one file an area in `api/`. */
import type { AdaptersApi } from './api/adapters.ts';
import type { CompareApi, CompareEvents } from './api/compare.ts';
import type { ConfigApi, ConfigEvents } from './api/config.ts';
import type { DataApi, DataEvents } from './api/data.ts';
import type { DevicesApi } from './api/devices.ts';
import type { RunDetailsApi } from './api/runDetails.ts';
import type { RunsApi, RunsEvents } from './api/runs.ts';
import type { SweepsApi, SweepsEvents } from './api/sweeps.ts';

/** Goes up with each change of `api/`; both sides come from one package, so a difference means a stale process. */
export const protocolVersion = '4';

export type ServeApi = RunsApi &
  RunDetailsApi &
  ConfigApi &
  DataApi &
  AdaptersApi &
  DevicesApi &
  CompareApi &
  SweepsApi;
export type ServeEvents = RunsEvents & ConfigEvents & DataEvents & CompareEvents & SweepsEvents;

/** Every event by name, so that a listener for each can be made; the compiler misses none. */
const eventNames: Readonly<Record<keyof ServeEvents, true>> = {
  'runs/changed': true,
  'run/events': true,
  'config/refreshed': true,
  'data/progress': true,
  'data/indexed': true,
  'data/found': true,
  'compare/changed': true,
  'compare/events': true,
  'sweeps/changed': true,
};

/** A listener for each event that passes it on with its name. */
export function listenToAll(tell: <K extends keyof ServeEvents>(name: K, payload: ServeEvents[K]) => void): {
  readonly [K in keyof ServeEvents]: (payload: ServeEvents[K]) => void;
} {
  const names = Object.keys(eventNames) as (keyof ServeEvents)[];
  const listeners = names.map((name) => [
    name,
    (payload: ServeEvents[typeof name]) => {
      tell(name, payload);
    },
  ]);
  return Object.fromEntries(listeners) as ReturnType<typeof listenToAll>;
}
