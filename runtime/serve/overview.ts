/** @file A long run in few of its steps, for the first look: a page waits for bytes where its window is far from the helper. */
import type { RunEvent, StepEvent } from '../contract/run.ts';

/** A run of fewer steps is there at once as it is. */
const longRun = 20_000;
/** Stretches of a run: about as many as a plot has columns of pixels. */
const stretches = 1000;
/**
 * Steps at the end that are kept one by one, for the headline's rates, which are means over 20. Steps that a resume repeats come
 * behind as many as they supersede, so that half of these remain.
 */
const newest = 40;
/** Looks at a method's layers, each as large as some hundred steps: a page shows one at a time. */
const looks = 100;

const drawn = ['loss', 'gradNorm', 'learningRate', 'memory'] as const;

/** The places of a stretch's lowest and highest values, and of its last step, ascending. */
function kept(steps: readonly StepEvent[]): number[] {
  const places = new Set([steps.length - 1]);
  for (const name of drawn) {
    let [low, high] = [Infinity, -Infinity];
    let [lowest, highest] = [-1, -1];
    for (let i = 0; i < steps.length; i++) {
      const value = steps[i]![name] ?? NaN;
      if (value < low && value > -Infinity) [low, lowest] = [value, i];
      if (value > high && value < Infinity) [high, highest] = [value, i];
    }
    if (lowest >= 0) places.add(lowest).add(highest);
  }
  return [...places].sort((a, b) => a - b);
}

/** A step that is kept carries what those left out before it took: sums over the run stay, rates become means. */
function* thinned(steps: readonly StepEvent[]): Iterable<StepEvent> {
  let begin = 0;
  for (const place of kept(steps)) {
    let [tokens, supervised, seconds] = [0, 0, 0];
    for (; begin <= place; begin++) {
      tokens += steps[begin]!.tokens;
      supervised += steps[begin]!.supervised;
      seconds += steps[begin]!.seconds;
    }
    yield { ...steps[place]!, tokens, supervised, seconds };
  }
}

/** Steps behind which the run goes on from an earlier one: what was summed up to there stays, what came after is superseded. */
function resumes(events: readonly RunEvent[]): Set<number> {
  const found = new Set<number>();
  let last = -Infinity;
  for (const event of events)
    if (event.event === 'resumed') found.add(event.fromStep);
    else if (event.event === 'step') {
      if (event.step <= last) found.add(event.step - 1);
      last = event.step;
    }
  return found;
}

/** Which of so many looks at layers are kept: evenly spread, the last among them. */
const keepsLook = (place: number, count: number): boolean =>
  (count - 1 - place) % Math.ceil(count / looks) === 0;

/**
 * The events with some thousand of their steps, among them each lowest and highest loss, gradient norm, learning rate and memory
 * of a plot's column: no spike is missing. Of looks at layers some hundred stay, of other events all, those of a stretch before its
 * steps. Undefined where the run is short.
 */
export function overviewOf(events: readonly RunEvent[]): RunEvent[] | undefined {
  const count = events.reduce((sum, { event }) => sum + (event === 'step' ? 1 : 0), 0);
  if (count <= longRun) return undefined;
  const size = Math.ceil(count / stretches);
  const overview: RunEvent[] = [];
  let stretch: StepEvent[] = [];
  const flush = (): void => {
    if (stretch.length > 0) overview.push(...thinned(stretch));
    stretch = [];
  };
  const ends = resumes(events);
  const looked = events.filter(({ event }) => event === 'method').length;
  let left = count;
  let look = 0;
  for (const event of events) {
    if (event.event === 'step') {
      // one that doesn't ascend takes the place of those from it on
      if (event.step <= (stretch.at(-1)?.step ?? -Infinity)) flush();
      stretch.push(event);
      left--;
      if (stretch.length === size || ends.has(event.step) || left < newest) flush();
    } else if (event.event !== 'method' || keepsLook(look++, looked)) {
      if (event.event === 'resumed') flush();
      overview.push(event);
    }
  }
  flush();
  return overview;
}
