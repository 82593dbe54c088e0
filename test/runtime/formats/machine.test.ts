/** @file A machine's name: the same for two looks, with its threads. */
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { machineName } from '../../../runtime/formats/machine.ts';

test('it ends in the threads and stays the same', () => {
  expect(machineName()).toMatch(new RegExp(` ${availableParallelism()}$`));
  expect(machineName()).toBe(machineName());
});
