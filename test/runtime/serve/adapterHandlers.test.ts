/** @file Configs as the side bar lists them, and what runs were made from. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adapterHandlers, configDigest, readAdapterConfig } from '../../../runtime/serve/adapterHandlers.ts';
import { configFolder } from '../../support/configFolder.ts';
import { runConfig } from '../../support/runConfig.ts';
import { makeRun } from '../../support/runFolder.ts';

const { folder, file, minimal } = configFolder();
const signal = new AbortController().signal;

test('a config has its variants, each with a digest that its seed does not change', () => {
  writeFileSync(
    file,
    `{ ${minimal}, "variants": { "same": { "training": { "seed": 9 } }, "b": { "method": { "rank": 2 } } } }`,
  );
  const { variants, errors, problem } = readAdapterConfig(file);
  expect(variants.map(({ name }) => name)).toEqual([undefined, 'same', 'b']);
  expect(variants[0]?.digest).toMatch(/^[0-9a-f]{16}$/);
  expect(variants[1]?.digest).toBe(variants[0]?.digest);
  expect(variants[2]?.digest).not.toBe(variants[0]?.digest);
  expect([errors, problem]).toEqual([0, undefined]);
});

test('where runs lie and how keys are ordered changes no digest', () => {
  const config = runConfig(folder);
  const turned = Object.fromEntries(Object.entries(config).reverse()) as unknown as typeof config;
  expect(configDigest({ ...turned, output: '/elsewhere' })).toBe(configDigest(config));
  expect(configDigest({ ...config, memory: 'low' })).not.toBe(configDigest(config));
});

test('a config with mistakes, without end or without a file is a row too', () => {
  writeFileSync(file, `{ ${minimal},\n "bsae": 1, "variants": { "x": { "method": { "rank": 0 } } } }`);
  const broken = readAdapterConfig(file);
  expect(broken).toMatchObject({ errors: 2, variants: [{}, { name: 'x' }] });
  expect(broken.problem).toMatch(/^line 2: /);
  writeFileSync(file, `{ "base": "${'x'.repeat(10_000_000)}`);
  expect(readAdapterConfig(file).errors).toBeGreaterThan(0);
  expect(readAdapterConfig(join(folder, 'gone.adapter.json'))).toMatchObject({ errors: 1, variants: [{}] });
});

test('a run’s lineage is its config’s digest, and which of its data changed', async () => {
  const { handlers } = adapterHandlers();
  const output = join(folder, 'runs');
  const config = {
    ...runConfig(output),
    data: { ...runConfig(output).data, train: join(folder, 'rows.jsonl') },
  };
  const made = makeRun(output, 'one', {
    status: 'done',
    created: '2020-01-01T00:00:00.000Z',
    hashes: { train: 'another', base: 'never looked at' },
  });
  mkdirSync(join(output, 'empty'));
  writeFileSync(join(made.folder, 'config.resolved.json'), JSON.stringify(config));
  const folders = [made.folder, join(output, 'empty')];
  const { runs } = await handlers['adapters/lineage']({ folders }, signal);
  expect(runs).toEqual([
    {
      folder: made.folder,
      digest: configDigest(config),
      changed: [{ role: 'train', path: config.data.train, what: 'changed' }],
    },
    { folder: folders[1], changed: [] },
  ]);
});

test('configs are answered in their order', async () => {
  const { handlers } = adapterHandlers();
  const files = Array.from({ length: 40 }, (_, i) => join(folder, `${i}.adapter.json`));
  for (const path of files) writeFileSync(path, `{ ${minimal} }`);
  const { configs } = await handlers['adapters/list']({ configs: files }, signal);
  expect(configs.map((config) => config.file)).toEqual(files);
});
