/** @file Compiled segments: how blocks are grouped, which of them get a backward pass, and parameters that all graphs share. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Adapted } from '../../../runtime/model/adapted.ts';
import { unadapted } from '../../../runtime/model/adapted.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { CompiledModel } from '../../../runtime/train/compiled.ts';
import type { CompileOptions } from '../../../runtime/train/compiled.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());
const base = randomBase();
const full = allLinear(base);

const modelOf = (adapted: Adapted, options: Partial<CompileOptions> = {}): CompiledModel =>
  new CompiledModel(base.spec, adapted, { device, policy: 'balanced', span: 1, ...options });

/** The adapter on some blocks only. */
const onBlocks = (...blocks: readonly number[]): Adapted => ({
  ...full,
  linears: new Map([...full.linears].filter(([path]) => blocks.some((i) => path.includes(`layers.${i}.`)))),
});

describe('segments', () => {
  it('are the embedding and blocks in spans, the last of which may be shorter', async () => {
    const counts = [1, 2, 3, 4].map(async (span) => (await modelOf(full, { span }).segments(1)).length);
    expect(await Promise.all(counts)).toEqual([4, 3, 2, 2]);
  });

  it('are compiled once for each number of attention groups', async () => {
    const model = modelOf(full);
    expect(model.segments(2)).toBe(model.segments(2));
    expect(await model.segments(1)).not.toBe(await model.segments(2));
    expect(model.head()).toBe(model.head());
  });

  it('of equal blocks share their sessions', async () => {
    const segments = await modelOf(full).segments(1);
    // the first has no gradient to pass on below
    expect(segments[3]!.backward!.session).toBe(segments[2]!.backward!.session);
    expect(segments[1]!.backward!.session).not.toBe(segments[2]!.backward!.session);
    expect(segments[3]!.infer.session).toBe(segments[1]!.infer.session);
  });

  it('run backward from the top down to the lowest that learns', async () => {
    const backward = async (adapted: Adapted): Promise<[boolean, boolean][]> =>
      (await modelOf(adapted).segments(1)).map((s) => [s.backward !== undefined, s.inputGradient]);
    expect(await backward(full)).toEqual([
      [false, false],
      [true, false],
      [true, true],
      [true, true],
    ]);
    expect(await backward(onBlocks(1))).toEqual([
      [false, false],
      [false, false],
      [true, false],
      // learns nothing itself, but the gradient goes through it
      [true, true],
    ]);
    const table = { ...unadapted, saved: new Set(['model.embed_tokens.weight']) };
    expect((await backward(table)).map(([has]) => has)).toEqual([true, true, true, true]);
    expect((await backward(unadapted)).every(([has]) => !has)).toBe(true);
  });
});

describe('parameters', () => {
  it('are one vector a segment that learns, embedding first and head last', async () => {
    const saved = new Set(['model.embed_tokens.weight', 'lm_head.weight', 'model.norm.weight']);
    const parameters = await modelOf({ ...onBlocks(2, 0), saved }).parameters();
    const first = parameters.map(({ layout }) => layout.entries[0]!.name);
    expect(first[0]).toBe('model.embed_tokens.weight');
    expect(first[1]).toMatch(/layers\.0\./);
    expect(first[2]).toMatch(/layers\.2\./);
    expect(parameters[3]!.layout.entries.map(({ name }) => name).sort()).toEqual([
      'lm_head.weight',
      'model.norm.weight',
    ]);
    expect(parameters.length).toBe(4);
  });

  it('are the same for every number of groups and for generation', async () => {
    const model = modelOf(full);
    const parameters = await model.parameters();
    expect(parameters.length).toBe(3);
    for (const groups of [1, 2])
      expect((await model.segments(groups)).flatMap((s) => s.parameters ?? [])).toEqual([...parameters]);
    const generation = await model.generation();
    generation.forEach((one, i) => {
      expect(one.parameters).toBe(parameters[i]);
    });
  });

  it('fill their layout without a gap', async () => {
    for (const { layout, size } of await modelOf(full, { span: 2 }).parameters()) {
      let end = 0;
      for (const { offset, shape } of layout.entries) {
        expect(offset).toBe(end);
        end += shape.reduce((n, length) => n * length, 1);
      }
      expect(end).toBe(size);
    }
  });

  it('are none without an adapter', async () => {
    expect(await modelOf(unadapted).parameters()).toEqual([]);
  });
});
