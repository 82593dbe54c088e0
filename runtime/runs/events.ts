/** @file Lines of metrics.jsonl and samples.jsonl: what a reader takes for one. */
import type { RunEvent, SamplesLine } from '../contract/run.ts';

type Kind = RunEvent['event'];
type Field = 'number' | 'string' | 'boolean' | 'optional-number' | 'layers';

/** Fields that a line of each kind must have. JSON has no NaN: null stands for it. */
const fields: Readonly<Record<Kind, Readonly<Record<string, Field>>>> = {
  started: { run: 'string', steps: 'number', rows: 'number', trainable: 'number', frozen: 'optional-number' },
  step: {
    step: 'number',
    loss: 'number',
    gradNorm: 'number',
    learningRate: 'number',
    tokens: 'number',
    supervised: 'number',
    seconds: 'number',
  },
  evaluation: {
    step: 'number',
    loss: 'number',
    tokens: 'number',
    accuracy: 'optional-number',
    trainedLoss: 'optional-number',
    seconds: 'number',
    best: 'boolean',
  },
  checkpoint: { step: 'number', path: 'string' },
  method: { step: 'number', layers: 'layers' },
  resumed: { fromStep: 'number' },
  note: { message: 'string' },
  stopped: { step: 'number', resume: 'string' },
  failed: { message: 'string', step: 'optional-number' },
  done: { run: 'string', adapter: 'string' },
};

/** The same as lists, made once: a long run has many lines. */
const fieldLists = new Map(Object.entries(fields).map(([kind, types]) => [kind, Object.entries(types)]));

/** The event of a line, undefined for what is none. */
export function parseEvent(line: string): RunEvent | undefined {
  const value = parseObject(line);
  const kind = value?.['event'];
  const list = typeof kind === 'string' ? fieldLists.get(kind) : undefined;
  if (value === undefined || list === undefined) return undefined;
  for (const [name, type] of list) {
    if (type === 'number' && value[name] === null) value[name] = NaN;
    const optional = type === 'optional-number';
    if (optional && value[name] === undefined) continue;
    if (type === 'layers') {
      if (!isLayers(value[name])) return undefined;
    } else if (typeof value[name] !== (optional ? 'number' : type)) return undefined;
  }
  return value as unknown as RunEvent;
}

/** Numbers by name, by layer. */
function isLayers(value: unknown): boolean {
  const isObject = (one: unknown): one is object =>
    typeof one === 'object' && one !== null && !Array.isArray(one);
  return (
    isObject(value) &&
    Object.values(value).every(
      (layer) => isObject(layer) && Object.values(layer).every((x) => typeof x === 'number' || x === null),
    )
  );
}

/** A step's rows, or the mark of a resume: the lines after its step that came before it are superseded. */
export type SamplesEvent = SamplesLine | { readonly event: 'resumed'; readonly fromStep: number };

export function parseSamples(line: string): SamplesEvent | undefined {
  const value = parseObject(line);
  if (value === undefined) return undefined;
  if (value['event'] === 'resumed')
    return typeof value['fromStep'] === 'number' ? (value as unknown as SamplesEvent) : undefined;
  const lists = ['rows', 'losses', 'tokens', 'supervised'].map((name) => value[name]);
  const [rows] = lists;
  const fits =
    typeof value['step'] === 'number' &&
    Array.isArray(rows) &&
    lists.every(
      (list) =>
        Array.isArray(list) &&
        list.length === rows.length &&
        list.every((x) => typeof x === 'number' || x === null),
    );
  return fits ? (value as unknown as SamplesLine) : undefined;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Drops the steps, evaluations and checkpoints that a resume from an earlier step wrote again. */
export function withoutSuperseded(events: Iterable<RunEvent>): RunEvent[] {
  const kept: RunEvent[] = [];
  for (const event of events) {
    if (event.event === 'resumed') dropAfter(kept, event.fromStep);
    kept.push(event);
  }
  return kept;
}

function dropAfter(events: RunEvent[], step: number): void {
  let length = 0;
  for (const event of events) {
    const counted = 'step' in event && event.event !== 'stopped' && event.event !== 'failed';
    if (!counted || event.step <= step) events[length++] = event;
  }
  events.length = length;
}
