/** @file What a method's events say of its layers, as one number a name: the mean over the layers, of the first and the last event. Pure. */
import type { MethodEvent, RunEvent } from '../../runtime/contract/run.ts';

/** Means over the layers that have the fact. */
export function layerMeans({ layers }: MethodEvent): Record<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const facts of Object.values(layers))
    for (const [name, value] of Object.entries(facts)) {
      const { sum, count } = sums.get(name) ?? { sum: 0, count: 0 };
      sums.set(name, { sum: sum + value, count: count + 1 });
    }
  return Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
}

/** "start: captured" of the event at step 0, "end: ..." of the last later one. */
export function methodFacts(events: readonly RunEvent[]): Record<string, number> {
  const told = events.filter((event) => event.event === 'method');
  const named = (when: string, event: MethodEvent | undefined): Record<string, number> =>
    event === undefined
      ? {}
      : Object.fromEntries(
          Object.entries(layerMeans(event)).map(([name, value]) => [`${when}: ${name}`, value]),
        );
  return {
    ...named(
      'start',
      told.find(({ step }) => step === 0),
    ),
    ...named(
      'end',
      told.findLast(({ step }) => step > 0),
    ),
  };
}
