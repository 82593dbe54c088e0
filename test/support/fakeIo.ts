/** @file A terminal for tests of commands: keeps what was written, and lets the test press Ctrl-C. */
import type { Io } from '../../runtime/cli/terminal.ts';

export interface FakeIo extends Io {
  readonly outText: () => string;
  readonly errText: () => string;
  readonly interrupt: () => void;
  /** Codes given to `exit`, which goes on here. */
  readonly exits: number[];
}

export function fakeIo(changes: Partial<Io> = {}): FakeIo {
  const [out, err]: [string[], string[]] = [[], []];
  const exits: number[] = [];
  let handler: (() => void) | undefined;
  let time = 0;
  return {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    interactive: false,
    color: false,
    columns: 80,
    now: () => (time += 1),
    onInterrupt: (given) => {
      handler = given;
      return () => {
        handler = undefined;
      };
    },
    exit: (code) => exits.push(code),
    cwd: '/',
    ...changes,
    outText: () => out.join(''),
    errText: () => err.join(''),
    interrupt: () => handler?.(),
    exits,
  };
}
