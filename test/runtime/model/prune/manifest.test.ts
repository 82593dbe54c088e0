/** @file The manifest of a pruned base: written, read back, and doubted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  manifestFile,
  manifestSizes,
  readManifest,
  requireBase,
  writeManifest,
} from '../../../../runtime/model/prune/manifest.ts';
import type { PruneManifest } from '../../../../runtime/model/prune/manifest.ts';
import { specOf } from '../../../support/familyCases.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { tinyLlama } from '../../../support/tinyBase.ts';

const path = join(temporaryFolder(), manifestFile);
const spec = specOf(tinyLlama);
const hash = '0123456789abcdef'.repeat(4);
const manifest: PruneManifest = {
  base: { name: 'org/model', revision: 'a'.repeat(40), sha256: hash },
  method: 'structured',
  ratio: 0.5,
  seed: 42,
  start: 0,
  end: 2,
  sizes: manifestSizes(spec),
  plan: new Map([
    [1, { neurons: Int32Array.of(0, 11), kvHeads: Int32Array.of(1) }],
    [0, { neurons: Int32Array.of(2, 3, 5), kvHeads: Int32Array.of(0) }],
  ]),
};

/** What reading says after `change` to the written JSON. */
function readChanged(change: (json: Record<string, unknown>) => void): PruneManifest {
  writeManifest(path, manifest);
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(json);
  writeFileSync(path, JSON.stringify(json));
  return readManifest(path);
}

describe('a manifest', () => {
  it('is read as it was written, a layer a line', () => {
    writeManifest(path, manifest);
    expect(readManifest(path)).toEqual(manifest);
    expect(readFileSync(path, 'utf8')).toContain('\n    {"layer":1,"kvHeads":[1],"neurons":[0,11]}\n');
    expect([...readManifest(path).plan.keys()]).toEqual([0, 1]);
  });

  it('names masked or aligned weights, steps and codes', () => {
    const masked: PruneManifest = {
      ...manifest,
      method: 'semi',
      plan: new Map(),
      weights: { file: 'loram_weights.safetensors', sha256: hash },
      alignedSteps: 200,
      quantization: 'nf4',
    };
    writeManifest(path, masked);
    expect(readManifest(path)).toEqual(masked);
  });

  type Json = Record<string, never> & { kept: { neurons: unknown; layer: number }[]; sizes: object };
  const broken: [string, (json: Json) => unknown, string][] = [
    ['another format', (json) => Object.assign(json, { format: 'zip' }), 'format is not "loram"'],
    ['another version', (json) => Object.assign(json, { version: 2 }), 'format is not'],
    ['no base', (json) => Object.assign(json, { base: null }), 'base is no object'],
    [
      'no hash',
      (json) => Object.assign(json, { base: { name: 'x', sha256: 'zz' } }),
      'base.sha256 is missing',
    ],
    ['a huge size', (json) => Object.assign(json.sizes, { heads: 1e12 }), 'sizes.heads must be a whole'],
    ['odd heads', (json) => Object.assign(json.sizes, { heads: 3 }), 'sizes.kvHeads does not divide'],
    ['a method', (json) => Object.assign(json, { method: 'x' }), 'method must be one of random'],
    ['a ratio', (json) => Object.assign(json, { ratio: 1 }), 'ratio must be below 1'],
    ['layers', (json) => Object.assign(json, { end: 3 }), 'end must be a whole number from 1 to 2'],
    ['a layer too few', (json) => json.kept.pop(), 'kept must list 2 layers'],
    ['a layer twice', (json) => Object.assign(json.kept[1]!, { layer: 0 }), 'kept[1].layer must be'],
    [
      'no units',
      (json) => Object.assign(json.kept[0]!, { neurons: [] }),
      'kept[0].neurons must list 1 to 12',
    ],
    ['a unit twice', (json) => Object.assign(json.kept[0]!, { neurons: [1, 1] }), 'must ascend and stay'],
    ['units out of order', (json) => Object.assign(json.kept[0]!, { neurons: [3, 1] }), 'must ascend'],
    ['a unit beyond', (json) => Object.assign(json.kept[0]!, { neurons: [12] }), 'stay below 12'],
    ['a negative unit', (json) => Object.assign(json.kept[0]!, { neurons: [-1] }), 'must ascend'],
    ['text for a unit', (json) => Object.assign(json.kept[0]!, { neurons: ['1'] }), 'must ascend'],
    [
      'more units than there are',
      (json) => Object.assign(json.kept[0]!, { neurons: Array(13).fill(0) }),
      'must list',
    ],
    [
      'a path out',
      (json) => Object.assign(json, { weights: { file: '../x', sha256: hash } }),
      'plain file name',
    ],
    [
      'a Windows path',
      (json) => Object.assign(json, { weights: { file: 'c:x', sha256: hash } }),
      'plain file name',
    ],
    ['a folder', (json) => Object.assign(json, { weights: { file: '..', sha256: hash } }), 'plain file name'],
    ['steps', (json) => Object.assign(json, { alignedSteps: 0.5 }), 'alignedSteps must be'],
    ['codes', (json) => Object.assign(json, { quantization: 'N F' }), 'quantization is missing or unusable'],
  ];
  test.each(broken)('is refused with %s', (_, change, message) => {
    expect(() => readChanged(change as (json: Record<string, unknown>) => void)).toThrow(message);
  });

  it('lists no units where shapes are the original ones', () => {
    expect(() => readChanged((json) => Object.assign(json, { method: 'semi' }))).toThrow('kept must list 0');
  });
});

describe('its base', () => {
  it('is taken by sizes and hash', () => {
    requireBase(manifest, spec, hash, 'base');
    const wider = specOf({ ...tinyLlama, intermediate_size: 16 });
    expect(() => {
      requireBase(manifest, wider, hash, 'base');
    }).toThrow('intermediate is 16; the pruned base');
    expect(() => {
      requireBase(manifest, spec, 'f'.repeat(64), 'base');
    }).toThrow('has the SHA-256 ffffffffffff');
  });
});
