/** @file One area of what `serve` answers: its handlers, and what it holds while the window lives. */
import type { Api, Events, Handlers } from '../contract/rpc.ts';

export type Emit<E extends Events> = <K extends keyof E & string>(name: K, payload: E[K]) => void;

export interface Answers<A extends Api> {
  readonly handlers: Handlers<A>;
  readonly dispose: () => void;
}
