/** @file Shows a run's events while they come: a line that rewrites itself on a terminal, else a line an event. */
import type { RunEvent } from '../contract/run.ts';
import { shownPath } from './check.ts';
import { advance, endLines, eventLine, progressLine, startProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { printableLines, styled } from './terminal.ts';
import type { Io } from './terminal.ts';

export interface FollowOptions {
  readonly title: string;
  readonly base: string;
  /** Planned steps of a resumed run, which says so only in its record. */
  readonly steps: number;
  /** Print each event as JSON instead. */
  readonly json: boolean;
}

export interface RunFollower {
  readonly event: (event: RunEvent) => void;
  /** Leaves the cursor at the beginning of a line. */
  readonly end: () => void;
  readonly progress: () => Progress;
}

/** Redrawn at most this often. In seconds. */
const redrawEvery = 0.1;
const clearLine = '\r\u001b[K';

export function followRun(options: FollowOptions, io: Io): RunFollower {
  let progress = startProgress(options.title, options.steps);
  let drawn = false;
  let drawnAt = -Infinity;
  const clear = (): void => {
    if (drawn) io.out(clearLine);
    drawn = false;
  };
  const draw = (): void => {
    // one column stays free: a full line would wrap on some terminals
    io.out(`${clearLine}${progressLine(progress, io.columns - 1)}`);
    drawn = true;
    drawnAt = io.now();
  };
  const line = (text: string): void => {
    clear();
    io.out(`${text}\n`);
  };
  const showText = (event: RunEvent): void => {
    if (event.event === 'failed') {
      clear();
      io.err(`${styled(io, 'red', 'error:')} ${printableLines(event.message)}\n`);
    }
    for (const text of endLines(event, progress, options.base, (path) => shownPath(path, io.cwd))) line(text);
    if (io.interactive && event.event === 'step') {
      if (io.now() - drawnAt >= redrawEvery || progress.step === progress.steps) draw();
      return;
    }
    const text = eventLine(event, progress);
    if (text === undefined || (io.interactive && event.event === 'checkpoint')) return;
    line(text);
  };
  return {
    event: (event) => {
      progress = advance(progress, event);
      if (options.json) io.out(`${JSON.stringify(event)}\n`);
      else showText(event);
    },
    end: clear,
    progress: () => progress,
  };
}
