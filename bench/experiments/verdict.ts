/**
 * @file From numbers to words, by rules that stand in every report.
 * Two means differ where their 95 % intervals don't overlap; where these overlap but the interval of the difference seed by seed
 * leaves out zero, they differ seed by seed. Everything else isn't decided. No correction for the number of questions.
 */
import type { Interval } from '../../runtime/contract/api/compare.ts';
import { quantityOf } from './experiment.ts';
import type { Done, Question, Study, StudyResult } from './experiment.ts';
import { armNamed, finalRuns } from './protocol.ts';
import { pairedDifference, summary } from './statistics.ts';

export type Answer =
  'holds' | 'holds seed by seed' | 'below' | 'above' | 'not decided' | 'does not hold' | 'not measured';

export interface Verdict {
  readonly question: string;
  readonly answer: Answer;
  /** The numbers that it rests on. */
  readonly because: string;
}

export const rules = [
  'Two means differ where their 95 % intervals (Student, over seeds) do not overlap: "holds", or "does not hold" where they differ the other way round.',
  'Where the intervals overlap but the 95 % interval of the difference seed by seed (same rows in the same order) leaves out zero: "holds seed by seed", or "does not hold".',
  '"No worse" holds where the upper end of the difference seed by seed is below the margin, and does not hold where its lower end is above.',
  'Where nothing is claimed, "below" or "above" by the same two rules.',
  'Everything else is "not decided": more seeds may decide it, a larger effect would have. Nothing is corrected for the number of questions.',
];

/** Five significant digits, no exponent where it can be read without. */
export function digits(value: number, count = 4): string {
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= 6 || size <= -5) return value.toExponential(count - 1);
  return value.toFixed(Math.max(0, Math.min(count - 1 - size, 6)));
}

export const intervalText = ({ mean, half }: Interval): string =>
  half === undefined ? digits(mean) : `${digits(mean)} ± ${digits(half, 2)}`;

/** Ends of an interval; of a single value nothing is known around it. */
const ends = ({ mean, half }: Interval): readonly [number, number] => [
  mean - (half ?? Infinity),
  mean + (half ?? Infinity),
];

/** -1 where all of a lies below all of b, 1 where above, 0 where they overlap. */
function side(a: Interval, b: Interval): -1 | 0 | 1 {
  const [[aLow, aHigh], [bLow, bHigh]] = [ends(a), ends(b)];
  return aHigh < bLow ? -1 : aLow > bHigh ? 1 : 0;
}

const nothing: Interval = { n: 2, mean: 0, half: 0 };

function judge(found: -1 | 0 | 1, wanted: -1 | 1, yes: Answer = 'holds'): Answer {
  return found === 0 ? 'not decided' : found === wanted ? yes : 'does not hold';
}

/** Of all questions of a study, in their order. */
export const verdictsOf = ({ study, done }: StudyResult): Verdict[] =>
  study.questions.map((question) => verdict(study, question, done));

export function verdict(study: Study, question: Question, done: readonly Done[]): Verdict {
  const complete = (name: string): readonly Done[] | undefined => {
    const runs = finalRuns(study, armNamed(study, name), done);
    return runs.length === study.seeds.length ? runs : undefined;
  };
  const runs = complete(question.arm);
  const own = runs && summary(runs, question.at);
  const others =
    'than' in question && typeof question.than === 'string' ? complete(question.than) : undefined;
  const found =
    !runs || !own
      ? undefined
      : question.kind === 'each' || question.kind === 'side'
        ? alone(question, runs, own)
        : others && compared(question, { runs, own, others });
  const lacking = { answer: 'not measured', because: 'numbers are missing' } as const;
  return { question: questionText(question), ...(found ?? lacking) };
}

type Found = Omit<Verdict, 'question'>;

function alone(question: Question & { kind: 'each' | 'side' }, runs: readonly Done[], own: Interval): Found {
  if (question.kind === 'side') {
    const limit = { ...nothing, mean: question.than };
    const answer = judge(side(own, limit), question.claim === 'less' ? -1 : 1);
    return { answer, because: intervalText(own) };
  }
  const least = Math.min(...runs.map(({ result }) => quantityOf(result, question.at)!));
  return {
    answer: least >= question.least ? 'holds' : 'does not hold',
    because: `the least of ${runs.length} seeds is ${digits(least)}`,
  };
}

function compared(
  question: Question & { kind: 'compare' | 'differ' | 'no worse' },
  { runs, own, others }: { runs: readonly Done[]; own: Interval; others: readonly Done[] },
): Found | undefined {
  const other = summary(others, question.at);
  const paired = pairedDifference(runs, others, question.at);
  if (!other || !paired) return undefined;
  const because = `${intervalText(own)} against ${intervalText(other)}; seed by seed ${intervalText(paired)}`;
  if (question.kind === 'no worse') {
    const margin = { ...nothing, mean: question.margin * Math.abs(other.mean) };
    return { answer: judge(side(paired, margin), -1), because };
  }
  const apart = side(own, other);
  const bySeed = side(paired, nothing);
  if (question.kind === 'differ') {
    const found = apart === 0 ? bySeed : apart;
    return { answer: found === 0 ? 'not decided' : found < 0 ? 'below' : 'above', because };
  }
  const wanted = question.claim === 'less' ? -1 : 1;
  const answer = apart === 0 ? judge(bySeed, wanted, 'holds seed by seed') : judge(apart, wanted);
  return { answer, because };
}

/** What a quantity is called in tables and sentences. */
export function quantityText(quantity: string): string {
  const [name, step] = quantity.split('@');
  if (name !== 'validation') return quantity;
  return step === undefined ? 'validation loss at the end' : `validation loss after ${step} steps`;
}

function questionText(question: Question): string {
  const { arm } = question;
  const at = quantityText(question.at);
  switch (question.kind) {
    case 'compare':
      return `${arm}: ${at} ${question.claim === 'less' ? 'below' : 'above'} that of ${question.than}`;
    case 'differ':
      return `${arm}: ${at} beside that of ${question.than}`;
    case 'no worse':
      return `${arm}: ${at} at most ${digits(100 * question.margin, 2)} % above that of ${question.than}`;
    case 'side':
      return `${arm}: ${at} ${question.claim === 'less' ? 'below' : 'above'} ${digits(question.than)}`;
    case 'each':
      return `${arm}: ${at} at least ${digits(question.least)} with every seed`;
  }
}
