/** @file What a helper's handlers tell, kept by name. */
import type { ServeEvents } from '../../runtime/contract/protocol.ts';
import type { Emit } from '../../runtime/serve/answers.ts';

type Kept = { readonly [K in keyof ServeEvents]: ServeEvents[K][] };

export function collectEvents(): { readonly emit: Emit<ServeEvents>; readonly told: Partial<Kept> } {
  const told: Record<string, unknown[]> = {};
  return {
    emit: (name, payload) => {
      (told[name] ??= []).push(payload);
    },
    told,
  };
}
