/** @file What a person types for a sweep or takes over from the finder, as the command line and the config want it. Pure. */
import { applyEdits, modify } from 'jsonc-parser';

/** `3` or `0, 1, 2`. */
export const isSeeds = (text: string): boolean => /^\s*\d{1,9}\s*(,\s*\d{1,9}\s*)*,?\s*$/.test(text);

/** 1, and halves of the cores: more than one run a core makes all slower. */
export function parallelChoices(threads: number): number[] {
  const choices = [1];
  for (let count = 2; count <= Math.min(threads, 16); count *= 2) choices.push(count);
  return choices;
}

/** Two digits are as many as the test knows. */
export const roundRate = (rate: number): number => Number(rate.toPrecision(2));

/** A config's text with another learning rate, of the file or of one variant; comments and layout stay. */
export function withRate(text: string, variant: string | undefined, rate: number): string {
  const place = [...(variant === undefined ? [] : ['variants', variant]), 'training', 'learningRate'];
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  return applyEdits(text, modify(text, place, roundRate(rate), { formattingOptions }));
}

/** A finder's line while it works: the last whole one of a piece of its output. */
export function rateProgress(output: string): { readonly step: number; readonly steps: number } | undefined {
  const line = output
    .trimEnd()
    .split('\n')
    .findLast((text) => text.startsWith('{"event":"rate"') && text.endsWith('}'));
  if (line === undefined) return undefined;
  const { step, steps } = JSON.parse(line) as { step: number; steps: number };
  return { step, steps };
}

export interface Found {
  readonly file: string;
  readonly suggestion?: number;
  readonly diverged?: number;
}

/** What the finder found, from its last line. */
export function foundRate(output: string): Found | undefined {
  const line = output.split('\n').findLast((text) => text.startsWith('{"event":"found"'));
  return line === undefined ? undefined : (JSON.parse(line) as Found);
}

/** Rows of trees say their kind; a CodeLens names config and variant alone. Everything else stays what it is. */
export function asRow(argument: unknown): unknown {
  const isNamed =
    typeof argument === 'object' && argument !== null && 'config' in argument && !('kind' in argument);
  return isNamed ? { ...argument, kind: 'variant' } : argument;
}
