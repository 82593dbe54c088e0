/** @file The key of a training and the files that keep it. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../runtime/config/check.ts';
import type { ResolvedConfig } from '../../../runtime/contract/config.ts';
import { ResultStore, trialKey, withoutComments } from '../../../bench/experiments/store.ts';
import { resultOf } from '../../support/experiment.ts';
import { temporaryFolder } from '../../support/temporary.ts';

function configOf(changes: object = {}, folder = '/somewhere'): ResolvedConfig {
  const text = JSON.stringify({
    base: 'base',
    data: { train: 'rows.jsonl', validation: 'held.jsonl' },
    ...changes,
  });
  return checkConfig(text, join(folder, 'x.adapter.json')).draft!;
}
const decisive = { hashes: { base: 'b', train: 't' }, measures: ['exact match'], versions: { ort: '1' } };
const key = (config = configOf(), changes: Partial<typeof decisive> = {}): string =>
  trialKey(config, { ...decisive, ...changes });

describe('the key of a training', () => {
  it('is the same for equal content at other paths', () => {
    expect(key(configOf({}, '/elsewhere'))).toBe(key());
    expect(key(configOf({ output: 'other' }))).toBe(key());
    const aligned = { method: { kind: 'loram', alignSteps: 2, alignData: 'text.jsonl' } };
    expect(key(configOf(aligned, '/elsewhere'))).toBe(key(configOf(aligned)));
  });

  it('is the same on any device', () => {
    expect(key(configOf({ device: 'webgpu' }))).toBe(key(configOf({ device: 'cpu' })));
  });

  it('differs with whatever decides the numbers', () => {
    const keys = [
      key(),
      key(configOf({ training: { seed: 1 } })),
      key(configOf({ method: { rank: 3 } })),
      key(configOf({ data: { train: 'rows.jsonl', validation: 0.2 } })),
      key(configOf({ data: { train: 'rows.jsonl', validation: 0.1 } })),
      key(configOf(), { hashes: { base: 'b', train: 'another' } }),
      key(configOf(), { measures: [] }),
      key(configOf(), { versions: { ort: '2' } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('the store', () => {
  const folder = temporaryFolder();
  const store = new ResultStore(folder);

  it('gives back what it keeps', () => {
    expect(store.read('a')).toBeUndefined();
    store.write('a', resultOf(0.25));
    expect(new ResultStore(folder).read('a')).toEqual(resultOf(0.25));
  });

  it('remembers a run that was begun until it has a result, and takes its folder away then', () => {
    const run = join(folder, 'runs', 'one');
    mkdirSync(run, { recursive: true });
    store.begin('b', run);
    expect(store.begun('b')).toBe(run);
    store.write('b', resultOf(1));
    expect(store.begun('b')).toBeUndefined();
    expect(existsSync(run)).toBe(false);
  });

  it('gives a training to one process at a time', () => {
    const release = store.claim('d')!;
    expect(store.claim('d')).toBeUndefined();
    release();
    expect(store.claim('d')).toBeDefined();
  });

  it('touches no folder outside its own', () => {
    const outside = temporaryFolder();
    store.begin('c', outside);
    expect(store.begun('c')).toBeUndefined();
    store.forget('c');
    expect(existsSync(outside)).toBe(true);
  });
});

describe('the state of the code', () => {
  it('does not change with comments and blank lines', () => {
    expect(withoutComments('/** @file x */\n\nconst a = 1; // kept\n  // gone\n  * gone\nb();\n')).toBe(
      'const a = 1; // kept\nb();',
    );
  });
});
