/** @file `serve` by hand: it says what it is for, and leaves. */
import { expect, test } from 'vitest';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { fakeIo } from '../../support/fakeIo.ts';

test('without the extension there is nobody to talk to', async () => {
  const io = fakeIo({});
  // Vitest's workers may be forked too: their channel is not ours.
  const channel = Object.getOwnPropertyDescriptor(process, 'send');
  Reflect.deleteProperty(process, 'send');
  try {
    expect(await commandLine(['serve'], io)).toBe(2);
  } finally {
    if (channel !== undefined) Object.defineProperty(process, 'send', channel);
  }
  expect(io.errText()).toContain('serve talks to the VS Code extension');
});
