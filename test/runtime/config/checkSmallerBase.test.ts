/** @file What can't be pruned, or wasn't pruned from this base, is told at its key, with kinds that do. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../runtime/config/check.ts';
import { checkSmallerBase } from '../../../runtime/config/checkSmallerBase.ts';
import type { Finding } from '../../../runtime/config/finding.ts';
import type { DecoderSpec } from '../../../runtime/model/decoder.ts';
import { manifestFile, manifestSizes, writeManifest } from '../../../runtime/model/prune/manifest.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';
import { smallLlama } from '../../support/randomModel.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
writeFileSync(join(folder, 'rows.jsonl'), '{}\n');
mkdirSync(join(folder, 'base'));

function findings(spec: DecoderSpec, method: object): readonly Finding[] {
  const ends = 'pruned' in method ? {} : { firstLayers: 0, lastLayers: 0 };
  const text = JSON.stringify({
    base: 'base',
    data: { train: 'rows.jsonl' },
    method: { kind: 'loram', ...ends, ...method },
  });
  const checked = checkConfig(text, join(folder, 'x.adapter.json'));
  if (!checked.config) throw new Error(checked.diagnostics.map(({ message }) => message).join());
  return checkSmallerBase(checked.config, { spec }, checked);
}
const family = (name: string): DecoderSpec => specOf(casesOf(name)[0]!.config);
const llama = specOf(smallLlama);

describe('pruning', () => {
  it('has nothing to say where it works, or where the method prunes nothing', () => {
    for (const prune of ['structured', 'random', 'semi', 'unstructured'])
      expect(findings(llama, { prune })).toEqual([]);
    expect(findings(family('t5'), { kind: 'lora', firstLayers: undefined, lastLayers: undefined })).toEqual(
      [],
    );
  });

  it.each([
    ['olmo2', { prune: 'random' }, 'prune-unsupported', ['semi', 'unstructured']],
    ['bert', { prune: 'semi' }, 'prune-unsupported', []],
    ['t5', {}, 'prune-unsupported', []],
    ['llama', { ratio: 0.999 }, 'prune-empty', []],
  ] as const)('is refused on %s with %j', (name, method, code, replacements) => {
    expect(findings(family(name), method)).toMatchObject([{ code, replacements, severity: 'error' }]);
  });

  it('needs layers between those that stay whole, and offers to leave one at each end', () => {
    const [finding, ...others] = findings(llama, { firstLayers: 9 });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      code: 'prune-layers',
      fixes: [{ title: 'Leave one layer whole at each end' }],
    });
  });

  it('names the linear whose inputs make no groups of eight', () => {
    const odd = specOf({ ...smallLlama, intermediate_size: 44 });
    expect(findings(odd, { prune: 'semi' })).toMatchObject([
      {
        code: 'prune-pattern',
        message: expect.stringMatching(/layers\.0\.mlp\.down_proj.* has 44 inputs/) as string,
        replacements: ['unstructured'],
      },
    ]);
    expect(findings(odd, { prune: 'unstructured' })).toEqual([]);
  });
});

describe('a base that was pruned before', () => {
  const pruned = join(folder, 'pruned');
  mkdirSync(pruned);
  const write = (spec: DecoderSpec): void => {
    writeManifest(join(pruned, manifestFile), {
      base: { name: 'the other', sha256: '0'.repeat(64) },
      sizes: manifestSizes(spec),
      ...{ method: 'semi', ratio: 0.5, seed: 0, start: 0, end: 3, plan: new Map() },
    });
  };

  it('fits its own base alone', () => {
    write(llama);
    expect(findings(llama, { pruned: 'pruned' })).toEqual([]);
    expect(findings(specOf({ ...smallLlama, hidden_size: 48 }), { pruned: 'pruned' })).toMatchObject([
      { code: 'loram-base', message: expect.stringContaining('made of one with 32') as string },
    ]);
  });

  it('has a manifest that can be read', () => {
    writeFileSync(join(pruned, manifestFile), '{ "format": "loram", "version": 2 }');
    expect(findings(llama, { pruned: 'pruned' })).toMatchObject([{ code: 'loram-manifest' }]);
  });
});
