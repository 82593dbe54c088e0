/** @file The table of optimisers: each under its own key, the same keys as the config's. */
import { expect, test } from 'vitest';
import { checkConfig } from '../../../../runtime/config/check.ts';
import { optimizers } from '../../../../runtime/train/optimizers/index.ts';
import { configFolder } from '../../../support/configFolder.ts';

const { file, minimal } = configFolder();

test('each optimiser stands under its kind', () => {
  for (const [key, { kind }] of Object.entries(optimizers)) expect(kind).toBe(key);
});

test('a config may name each of them, and no other', () => {
  const problems = (name: string): number => {
    const text = `{ ${minimal}, "training": { "optimizer": "${name}" } }`;
    return checkConfig(text, file).diagnostics.filter(({ message }) => message.includes('optimizer')).length;
  };
  for (const name of Object.keys(optimizers)) expect(problems(name), name).toBe(0);
  expect(problems('adagrad')).toBe(1);
});
