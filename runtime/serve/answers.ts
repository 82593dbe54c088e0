/** @file One area of what `serve` answers: its handlers, and what it holds while the window lives. */
import type { Api, Events, Handlers } from '../contract/rpc.ts';

/** Who can tell all events can tell those of one area. */
export type Emit<E extends Events> = (
  ...message: { [K in keyof E & string]: [name: K, payload: E[K]] }[keyof E & string]
) => void;

export interface Answers<A extends Api> {
  readonly handlers: Handlers<A>;
  readonly dispose: () => void;
}
