/** @file What the extension asks its helper process (`serve`), and what the helper tells by itself: one file an area in `api/`. */
import type { AdaptersApi } from './api/adapters.ts';
import type { CompareApi, CompareEvents } from './api/compare.ts';
import type { ConfigApi } from './api/config.ts';
import type { DataApi } from './api/data.ts';
import type { RunDetailsApi } from './api/runDetails.ts';
import type { DevicesApi } from './api/devices.ts';
import type { RunsApi, RunsEvents } from './api/runs.ts';
import type { SweepsApi, SweepsEvents } from './api/sweeps.ts';

/** Goes up with each change of `api/`; both sides come from one package, so a difference means a stale process. */
export const protocolVersion = '3';

export type ServeApi = RunsApi &
  RunDetailsApi &
  ConfigApi &
  DataApi &
  AdaptersApi &
  DevicesApi &
  CompareApi &
  SweepsApi;
export type ServeEvents = RunsEvents & CompareEvents & SweepsEvents;
