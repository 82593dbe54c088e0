/** @file Watches one folder, also while it doesn't exist yet: then its nearest existing ancestor, until it does. */
import { existsSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

export interface Watch {
  readonly close: () => void;
}

/** The folder itself where it exists, else the nearest ancestor that does. */
function nearestExisting(folder: string): string {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  return place;
}

/**
 * Calls `changed` after something in `folder` has changed, appeared or gone, and when the folder itself does. Calls come
 * in bursts: the caller gathers them.
 */
export function watchFolder(folder: string, changed: () => void): Watch {
  let watcher: FSWatcher | undefined;
  let watched: string | undefined;
  let closed = false;

  const arm = (): void => {
    watcher?.close();
    watcher = undefined;
    watched = nearestExisting(folder);
    try {
      watcher = watch(watched, onEvent);
      // Too many watches, or the folder went in between: the list is still right after the next refresh.
      watcher.on('error', () => watcher?.close());
    } catch {
      watched = undefined;
    }
  };
  const onEvent = (): void => {
    if (closed) return;
    const was = watched;
    if (nearestExisting(folder) !== was || !existsSync(was)) arm();
    if (was === folder || watched === folder) changed();
  };
  arm();
  return {
    close: () => {
      closed = true;
      watcher?.close();
    },
  };
}

/** Runs `work` at most once in `milliseconds`, first at the next turn and a last time after the last call. */
export function gather(
  work: () => void,
  milliseconds: number,
): { readonly call: () => void; readonly cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  return {
    call: () => {
      if (timer !== undefined) return;
      const wait = Math.max(0, last + milliseconds - performance.now());
      timer = setTimeout(() => {
        timer = undefined;
        last = performance.now();
        work();
      }, wait);
    },
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
