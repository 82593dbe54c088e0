/** @file Broken configs: no JSON, keys that aren't there, values of another type or beyond their bounds. */
import { withData, withKeys } from './brokenConfig.ts';
import type { BrokenConfig } from './brokenConfig.ts';

export const texts: readonly BrokenConfig[] = [
  { code: 'not-json', marked: '«[»1]' },
  { code: 'not-json', marked: withKeys('"memory": "low" «"device"»: "cpu"') },
  { code: 'not-json', marked: withKeys('"memory": «low»') },
  {
    code: 'not-json',
    marked: '{ "base": "base", "data": { "train": "train.jsonl" }, "method": { "rank": «4»',
  },
  { code: 'nesting', marked: `{ "base": ${'['.repeat(63)}«[»${']'.repeat(64)} }` },
  { code: 'config-too-large', marked: `«{» "base": "${'x'.repeat(1 << 20)}" }` },
  {
    code: 'duplicate-key',
    marked: withKeys('"method": { "rank": 4 },\n  «"method"»: { "rank": 8, "alpha": 16 }'),
  },
  { code: 'missing-key', marked: '«{ "data": { "train": "train.jsonl" } }»' },
  { code: 'missing-key', marked: '{ "base": "base", «"data"»: { "length": 64 } }' },
  { code: 'unknown-key', marked: '{ «"bsae"»: "base", "base": "base", "data": { "train": "train.jsonl" } }' },
  { code: 'unknown-key', marked: withKeys('"method": { «"rnak"»: 8 }') },
  { code: 'unknown-key', marked: withKeys('«"learningRate"»: 0.001') },
  { code: 'unknown-key', marked: withKeys('"method": { «"batch"»: 2, "rank": 8 }') },
  { code: 'unknown-key', marked: withKeys('"training": { "seed": 1, «"zzzzzzzzzz"»: 2 }') },
  {
    code: 'unknown-key',
    marked: withKeys('"variants": { "small": { "method": { "rank": 4, «"lenght"»: 1 } } }'),
  },
  { code: 'unknown-value', marked: withKeys('"memory": «"lo"»') },
  { code: 'unknown-value', marked: withKeys('"method": { "kind": «"lroa"» }') },
  { code: 'unknown-value', marked: withKeys('"training": { "schedule": «"cosinus"» }') },
  { code: 'wrong-type', marked: withKeys('"method": { "rank": «"16"» }') },
  { code: 'wrong-type', marked: withKeys('"training": { "keepBest": «"true"» }') },
  { code: 'wrong-type', marked: withKeys('"training": «[]»') },
  { code: 'wrong-type', marked: withKeys('"method": { "targets": [«1»] }') },
  { code: 'wrong-type', marked: withKeys('"variants": «[]»') },
  { code: 'wrong-type', marked: withKeys('"variants": { «" a"»: {} }') },
  { code: 'out-of-bounds', marked: withKeys('"method": { "dropout": «1» }') },
  { code: 'out-of-bounds', marked: withKeys('"method": { "rank": «0» }') },
  { code: 'out-of-bounds', marked: withKeys('"method": { "rank": «2.5» }') },
  { code: 'out-of-bounds', marked: withKeys('"training": { "betas": «[0.9]» }') },
  { code: 'out-of-bounds', marked: withKeys('"training": { "clip": «-1» }') },
  { code: 'out-of-bounds', marked: withKeys('"output": «""»') },
  { code: 'out-of-bounds', marked: withData('"train": "train.jsonl", "validation": «1.5»') },
  { code: 'bad-set', marked: `«»${withKeys('"memory": "low"')}`, sets: ['memory'] },
  {
    code: 'unknown-variant',
    marked: withKeys('«"variants"»: { "small": { "method": { "rank": 4 } } }'),
    variant: 'smal',
  },
];
