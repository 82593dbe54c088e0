/** @file PEFT folders that we write: read back, sorted as PEFT sorts, targets named so that PEFT finds the same ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPeftAdapter } from '../../../runtime/formats/peft.ts';
import { peftConfigText, targetNames, writePeftAdapter } from '../../../runtime/formats/peftWrite.ts';
import type { PeftToWrite } from '../../../runtime/formats/peftWrite.ts';
import type { TensorToWrite } from '../../../runtime/formats/safetensors.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();

const tensor = (name: string, shape: number[], fill = 0.5): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape,
  data: new Float32Array(shape.reduce((n, size) => n * size, 1)).fill(fill),
});

const written: PeftToWrite = {
  base: 'owner/model',
  rank: 2,
  alpha: 3,
  dropout: 0.1,
  rankStabilized: true,
  fanInFanOut: false,
  targets: ['m.0.q', 'm.1.q'],
  linears: ['m.0.q', 'm.0.k', 'm.1.q', 'm.1.k', 'lm_head'],
  rankPattern: { 'm.1.q': 1 },
  alphaPattern: {},
  modulesToSave: ['lm_head'],
  tensors: [
    tensor('m.0.q.lora_A.weight', [2, 4]),
    tensor('m.0.q.lora_B.weight', [3, 2]),
    tensor('m.1.q.lora_A.weight', [1, 4]),
    tensor('m.1.q.lora_B.weight', [3, 1]),
    tensor('lm_head.weight', [5, 4], 7),
  ],
};

describe('writing', () => {
  test('what is written is read back', () => {
    const path = folder;
    writePeftAdapter(path, written, {
      name: 'a | b\n# not a title',
      data: [{ role: 'train', name: 'rows.jsonl', rows: 3, sha256: 'ab' }],
      settings: { rank: 2 },
      results: {},
      versions: { node: '24' },
    });
    const adapter = openPeftAdapter(path);
    expect(adapter.modules.get('m.1.q')).toMatchObject({ rank: 1, alpha: 3, scale: 3 });
    expect(adapter.modules.get('m.0.q')!.A.read()).toEqual(new Float32Array(8).fill(0.5));
    expect(adapter.saved.get('lm_head.weight')!.read()[0]).toBe(7);
    expect(adapter.config).toMatchObject({
      targets: ['q'],
      base: 'owner/model',
      rankStabilized: true,
      modulesToSave: ['lm_head'],
    });
    adapter.close();
    const card = readFileSync(join(path, 'README.md'), 'utf8');
    expect(card).toContain('library_name: peft');
    expect(card).toContain('# a \\| b \\# not a title');
  });

  test('the config is sorted at every level, indented by 2, and keeps foreign fields', () => {
    const text = peftConfigText({
      ...written,
      rankPattern: { z: 1, a: 2 },
      raw: { zz_future: { b: 1, a: 2 }, r: 99, bias: 'all' },
    });
    const keys = Object.keys(JSON.parse(text) as object);
    expect(keys).toEqual([...keys].sort());
    expect(text).toContain('  "rank_pattern": {\n    "a": 2,\n    "z": 1\n  }');
    expect(text).toContain('  "zz_future": {\n    "a": 2,\n    "b": 1\n  }');
    expect(JSON.parse(text)).toMatchObject({ r: 2, bias: 'none' });
    expect(peftConfigText({ ...written, base: '/x/y' })).not.toContain('lora_bias');
  });

  test('targets are named shortly only where that means the same', () => {
    const linears = ['m.0.a.c', 'm.0.b.c', 'm.1.a.c', 'm.0.q', 'head'];
    expect(targetNames(['m.0.a.c'], linears)).toEqual(['m.0.a.c']);
    expect(targetNames(['m.1.a.c', 'm.0.b.c', 'm.0.a.c', 'head'], linears)).toEqual(['c', 'head']);
    expect(targetNames([], linears)).toEqual([]);
  });
});
