/** @file Broken configs: steps, rates and rows that make a run pointless, or that don't fit the machine. */
import { withData, withKeys } from './brokenConfig.ts';
import type { BrokenConfig } from './brokenConfig.ts';

const training = (keys: string): string => withKeys(`"training": { ${keys} }`);
const evaluated = (keys: string): string =>
  withData('"train": "train.jsonl", "validation": 0.1', `"training": { ${keys} }`);

export const trainings: readonly BrokenConfig[] = [
  { code: 'device-unavailable', marked: withKeys('"device": «"cuda"»') },
  {
    code: 'quantized-device',
    marked: withKeys(
      '"method": { "kind": "qloram", "firstLayers": 1, "lastLayers": 1 },\n  "device": «"webgpu"»',
    ),
  },
  { code: 'option-unused', marked: training('"tokens": 1024, "batch": «4»') },
  { code: 'option-unused', marked: training('"steps": 100, "epochs": «1»') },
  { code: 'option-unused', marked: training('"optimizer": "sgd", "learningRate": 0.1, "eps": «1e-6»') },
  { code: 'option-unused', marked: training('"evaluateEvery": «20»') },
  { code: 'option-conflict', marked: training('"patience": «2»') },
  { code: 'option-conflict', marked: evaluated('"patience": «2», "evaluateEvery": 0') },
  { code: 'learning-rate-high', marked: training('"learningRate": «0.2»') },
  { code: 'learning-rate-low', marked: training('"learningRate": «1e-8»') },
  { code: 'betas-unstable', marked: training('"betas": «[0.99, 0.9]»') },
  { code: 'weight-decay-high', marked: training('"weightDecay": «10»') },
  { code: 'warmup-long', marked: training('"steps": 100, "warmup": «100»') },
  { code: 'warmup-long', marked: training('"warmup": «400»') },
  { code: 'few-steps', marked: training('"steps": «3»') },
  { code: 'few-steps', marked: training('"epochs": «0.01»') },
  { code: 'interval-long', marked: training('"steps": 100, "checkpointEvery": «500»') },
  { code: 'interval-long', marked: evaluated('"evaluateEvery": «5000»') },
  { code: 'many-epochs', marked: training('"epochs": «200»') },
  { code: 'many-epochs', marked: training('"steps": «20000»') },
  { code: 'exclude-malformed', marked: withData('"train": "train.jsonl", "exclude": [1, «"x"»]') },
  { code: 'exclude-malformed', marked: withData('"train": "train.jsonl", "exclude": [«"9-3"»]') },
  { code: 'exclude-beyond', marked: withData('"train": "train.jsonl", "exclude": [«401», 3]') },
  { code: 'length-beyond-base', marked: withData('"train": "train.jsonl", "length": «4096»') },
  { code: 'length-short', marked: withData('"train": "train.jsonl", "length": «100»') },
  { code: 'length-long', marked: withData('"train": "train.jsonl", "length": «1000»') },
  {
    code: 'validation-is-training',
    marked: withData('"train": "train.jsonl", "validation": «"train.jsonl"»'),
  },
  { code: 'validation-overlap', marked: withData('"train": "train.jsonl", "validation": «"some.jsonl"»') },
  { code: 'validation-few', marked: withData('"train": "some.jsonl", "validation": «0.01»') },
  {
    code: 'memory-tight',
    marked: withData('"train": "many.jsonl", "length": 1024', '"training": { "batch": «90000» }'),
  },
  {
    code: 'out-of-memory',
    marked: withData('"train": "wide.jsonl", "length": 1024', '"training": { "batch": «2000» }'),
  },
];
