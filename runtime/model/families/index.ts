/** @file All model families by `model_type`: a new one is a file here, a line below, and reference numbers for its test. */
import { bert } from './bert.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import type { Family } from './family.ts';
import { gpt2 } from './gpt2.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { olmo2 } from './olmo2.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';
import { t5 } from './t5.ts';

export const families: readonly Family[] = [
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma2,
  gemma3,
  phi3,
  smollm3,
  olmo2,
  granite,
  gpt2,
  bert,
  t5,
];
