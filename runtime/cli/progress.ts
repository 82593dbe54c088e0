/** @file A run's progress as text: one line that is drawn again and again, or one line an event. Pure. */
import { formatBytes, formatCount, formatDuration, formatNumber, shellWord } from '../contract/format.ts';
import type { RunEvent, StepEvent } from '../contract/run.ts';
import { displayWidth, printable, truncate } from './terminal.ts';

/** What the line needs to know of the events so far. */
export interface Progress {
  /** `tickets · rank 64`. */
  readonly title: string;
  readonly steps: number;
  readonly step: number;
  readonly loss?: number;
  /** Loss of the last evaluation, and the best one. */
  readonly validation?: number;
  readonly best?: number;
  /** The last steps, for speed and the time that is left. */
  readonly recent: readonly StepEvent[];
  /** Seconds in steps. */
  readonly seconds: number;
  /** The base classifies, so that it can't be asked to write. */
  readonly classifies?: boolean;
}

const remembered = 20;

export const startProgress = (title: string, steps = 0): Progress => ({
  title,
  steps,
  step: 0,
  recent: [],
  seconds: 0,
});

/** The progress after an event. */
export function advance(progress: Progress, event: RunEvent): Progress {
  switch (event.event) {
    case 'started':
      return { ...progress, steps: event.steps, ...(event.classes && { classifies: true }) };
    case 'resumed':
      return { ...progress, step: event.fromStep };
    case 'step': {
      const recent = [...progress.recent, event].slice(-remembered);
      return {
        ...progress,
        step: event.step,
        loss: event.loss,
        recent,
        seconds: progress.seconds + event.seconds,
      };
    }
    case 'evaluation':
      return { ...progress, validation: event.loss, ...(event.best ? { best: event.loss } : {}) };
    case 'checkpoint':
    case 'method':
    case 'note':
    case 'stopped':
    case 'failed':
    case 'done':
      return progress;
  }
}

/** Tokens a second over the last steps, padding not counted. */
export function tokenRate({ recent }: Progress): number | undefined {
  const seconds = recent.reduce((sum, step) => sum + step.seconds, 0);
  return seconds > 0 ? recent.reduce((sum, step) => sum + step.tokens, 0) / seconds : undefined;
}

/** Seconds that are left by the middle of the last steps' times: one slow step changes little. */
export function timeLeft({ recent, steps, step }: Progress): number | undefined {
  const times = recent.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const middle = times[times.length >> 1];
  return middle === undefined || steps === 0 ? undefined : Math.max(0, steps - step) * middle;
}

const gap = '   ';
const longestTitle = 30;

const bar = (done: number, width: number): string => {
  const filled = Math.round(Math.min(1, Math.max(0, done)) * width);
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]  `;
};

/** `tickets · base   [####----]  140/200   loss 0.031   3,120 tok/s   12 s left`, never wider than `columns`. */
export function progressLine(progress: Progress, columns: number): string {
  const { steps, step, loss } = progress;
  const rate = tokenRate(progress);
  const left = timeLeft(progress);
  const title = truncate(printable(progress.title), longestTitle);
  const line = (width: number, withRate: boolean): string => {
    const facts = [
      `${width === 0 ? '' : bar(steps === 0 ? 0 : step / steps, width)}${step}/${steps === 0 ? '?' : steps}`,
      loss === undefined ? '' : `loss ${formatNumber(loss)}`,
      rate === undefined || !withRate ? '' : `${formatCount(rate)} tok/s`,
      left === undefined ? '' : `${formatDuration(left)} left`,
    ];
    return [title, ...facts.filter((fact) => fact !== '')].join(gap);
  };
  // what is least worth goes first: half of the bar, the speed, the bar, the end of the line
  const candidates = [line(20, true), line(10, true), line(10, false), line(0, false)];
  return candidates.find((text) => displayWidth(text) <= columns) ?? truncate(candidates.at(-1)!, columns);
}

/** An event as a line of its own; undefined for what needs none. */
export function eventLine(event: RunEvent, progress: Progress): string | undefined {
  switch (event.event) {
    case 'started': {
      const memory =
        event.estimatedBytes === undefined ? '' : `, about ${formatBytes(event.estimatedBytes)} of memory`;
      return `${printable(progress.title)}: ${formatCount(event.steps)} steps, ${formatCount(event.rows)} rows, ${formatCount(event.trainable)} trained parameters${memory}${classesOf(event.classes)}`;
    }
    case 'step': {
      const rate = event.seconds > 0 ? `   ${formatCount(event.tokens / event.seconds)} tok/s` : '';
      return `step ${event.step}/${progress.steps}   loss ${formatNumber(event.loss)}   rate ${formatNumber(event.learningRate)}${rate}`;
    }
    case 'evaluation': {
      const { accuracy } = event;
      const right = accuracy === undefined ? '' : `   ${(100 * accuracy).toFixed(1)} % right`;
      return `step ${event.step}   validation loss ${formatNumber(event.loss)}${event.best ? ', the best so far' : ''}${right}`;
    }
    case 'checkpoint':
      return `step ${event.step}   checkpoint written`;
    case 'resumed':
      return event.fromStep === 0
        ? 'no whole checkpoint: beginning again'
        : `going on from step ${event.fromStep}`;
    case 'note':
      return `note: ${printable(event.message)}`;
    case 'method':
    case 'stopped':
    case 'failed':
    case 'done':
      return undefined;
  }
}

/** Which class has which number: labels of the data are names or numbers. */
function classesOf(classes: readonly string[] | undefined): string {
  if (classes === undefined) return '';
  const shown = classes.slice(0, 8).map((name, id) => `${id} ${printable(name)}`);
  return `, classes ${shown.join(', ')}${classes.length > shown.length ? ', ...' : ''}`;
}

/** What ended a run, with the next useful command. `show` shortens a path for people. */
export function endLines(
  event: RunEvent,
  progress: Progress,
  base: string,
  show: (path: string) => string,
): string[] {
  const facts = [
    `${progress.step} steps in ${formatDuration(progress.seconds)}`,
    progress.loss === undefined ? '' : `loss ${formatNumber(progress.loss)}`,
    progress.best === undefined ? '' : `best validation loss ${formatNumber(progress.best)}`,
  ].filter((fact) => fact !== '');
  const head = [printable(progress.title), ...facts].join(gap);
  if (event.event === 'done') {
    const adapter = printable(show(event.adapter));
    const model = `--base ${shellWord(printable(show(base)))} --adapter ${shellWord(adapter)}`;
    const next =
      progress.classifies === true
        ? `evaluate ${model} --data FILE --by exact-match`
        : `generate ${model} --prompt "..."`;
    return [head, `adapter   ${adapter}`, `next      adapter-workbench ${next}`];
  }
  if (event.event === 'stopped')
    return [head, `stopped after step ${event.step}`, `next      ${printable(event.resume)}`];
  return [];
}
