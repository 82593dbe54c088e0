/** @file What the extension asks its helper process (`serve`), and what the helper tells by itself: one file an area in `api/`. */
import type { AdaptersApi } from './api/adapters.ts';
import type { ConfigApi, ConfigEvents } from './api/config.ts';
import type { DataApi, DataEvents } from './api/data.ts';
import type { DevicesApi } from './api/devices.ts';
import type { RunDetailsApi } from './api/runDetails.ts';
import type { RunsApi, RunsEvents } from './api/runs.ts';

/** Goes up with each change of `api/`; both sides come from one package, so a difference means a stale process. */
export const protocolVersion = '3';

export type ServeApi = RunsApi & RunDetailsApi & ConfigApi & DataApi & AdaptersApi & DevicesApi;
export type ServeEvents = RunsEvents & ConfigEvents & DataEvents;
