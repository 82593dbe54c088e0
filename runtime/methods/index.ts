/** @file The adapter methods by kind; a new one is its file, its test and one line here. */
import { dora } from './dora.ts';
import { lora } from './lora.ts';
import type { LoraOptions } from './lora.ts';
import type { AdapterMethod } from './method.ts';

export const methods = { dora, lora } as const satisfies Readonly<Record<string, AdapterMethod<LoraOptions>>>;
