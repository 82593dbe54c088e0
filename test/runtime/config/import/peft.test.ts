/** @file PEFT's own: patterns, blocks, and starts that are not offered. */
import { expect, test } from 'vitest';
import { peft } from '../../../../runtime/config/import/peft.ts';

const rule = (key: string, value: unknown) => peft.rules[key]!(value, {});

test('recognised by its type alone', () => {
  expect(peft.recognise({ peft_type: 'LORA' })).toBeGreaterThan(2);
  expect(peft.recognise({ a: 1 })).toBe(0);
});

test('patterns and blocks', () => {
  expect(rule('rank_pattern', { q_proj: 4 })).toMatchObject({ to: 'method.rankPattern' });
  expect(rule('rank_pattern', {})).toMatchObject({ kind: 'same' });
  expect(rule('layers_to_transform', 3)).toMatchObject({ value: [3] });
});

test('what changes the base or the mathematics has no counterpart', () => {
  expect(rule('init_lora_weights', 'pissa')).toMatchObject({ kind: 'none' });
  expect(rule('use_dora', true)).toMatchObject({ kind: 'none' });
  expect(rule('peft_type', 'IA3')).toMatchObject({ kind: 'none' });
});
