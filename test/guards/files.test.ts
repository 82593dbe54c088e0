/** @file What holds for every source file: size, first line, names, a test of the same path. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUnder, root, textOf } from '../support/sourceFiles.ts';

const generated = (path: string): boolean => path.startsWith('runtime/graph/onnx_pb.');
const product = ['runtime', 'src', 'webview']
  .flatMap((folder) => filesUnder(folder, '.ts'))
  .filter((p) => !generated(p));
const tests = filesUnder('test', '.ts');
const scripts = filesUnder('scripts', '.mjs');
const all = [...product, ...tests, ...scripts];

/** Lines that break a rule, as "path: what". */
const offenders = (
  paths: readonly string[],
  fault: (text: string, path: string) => string | undefined,
): string[] =>
  paths.flatMap((path) => {
    const what = fault(textOf(path), path);
    return what === undefined ? [] : [`${path}: ${what}`];
  });

test('the guards look at files', () => {
  expect(product.length).toBeGreaterThan(50);
  expect(tests.length).toBeGreaterThan(10);
  expect(scripts.length).toBeGreaterThan(5);
});

describe('every file', () => {
  test('has at most 400 lines', () => {
    expect(
      offenders(all, (text) =>
        text.split('\n').length > 401 ? `${text.split('\n').length - 1} lines` : undefined,
      ),
    ).toEqual([]);
  });

  test('opens with a sentence about itself', () => {
    expect(
      offenders([...product, ...tests], (text) =>
        /^(#!.*\n)?\/\*\*(\s|\n \*)*@file \S/.test(text) ? undefined : text.split('\n', 1)[0],
      ),
    ).toEqual([]);
    expect(offenders(scripts, (text) => (/^\/\*\*/.test(text) ? undefined : text.split('\n', 1)[0]))).toEqual(
      [],
    );
  });

  test('exports by name', () => {
    expect(offenders(all, (text) => /^export default\b.*$|^export \* from.*$/m.exec(text)?.[0])).toEqual([]);
  });

  test('is named after one thing, in lower camel case', () => {
    expect(
      all.filter(
        (path) =>
          !/^[a-z][A-Za-z0-9]*([.](ort|gpu|large|e2e))?([.]test)?[.](ts|mjs|d[.]ts)$/.test(basename(path)),
      ),
    ).toEqual([]);
    expect(all.filter((path) => /(util|helper|misc|common)s?[.]/i.test(basename(path)))).toEqual([]);
  });

  test('names no place of one machine and no registry', () => {
    const places = /(^|[^\w.$/}])\/(root|home\/\w|work\/|Users\/\w)|registry[.]npmjs/m;
    const told = ['docs', 'media'].flatMap((folder) =>
      ['.md', '.json', '.jsonl', '.svg'].flatMap((ending) => filesUnder(folder, ending)),
    );
    expect(told.length).toBeGreaterThan(20);
    expect(offenders([...all, ...told], (text) => places.exec(text)?.[0])).toEqual([]);
    for (const lock of ['package-lock.json', 'test/rig/package-lock.json'])
      expect(textOf(lock)).not.toMatch(/"resolved"/);
  });
});

describe('every test file', () => {
  test('runs all of its tests', () => {
    const held = /\b(test|it|describe)[.](skip|only|todo|fails)\b/;
    expect(
      offenders(
        tests.filter((p) => p !== 'test/guards/files.test.ts'),
        (text) => held.exec(text)?.[0],
      ),
    ).toEqual([]);
  });
});

/**
 * Runtime files whose test has another name, and which. The list only shrinks: a file that gets a test of its own path
 * leaves it.
 */
const testedElsewhere: Readonly<Record<string, string>> = {
  'runtime/cli/estimate.ts': 'test/runtime/cli/commands.test.ts',
  'runtime/cli/evaluate.ts': 'test/runtime/cli/commands.test.ts',
  'runtime/cli/export.ts': 'test/runtime/pipelines/exportExperts.ort.test.ts',
  'runtime/cli/generate.ts': 'test/runtime/cli/commands.test.ts',
  'runtime/cli/modelOptions.ts': 'test/runtime/cli/commands.test.ts',
  'runtime/cli/probe.ts': 'test/runtime/cli/commands.test.ts',
  'runtime/cli/quickstart.ts': 'test/e2e/quickStart.e2e.test.ts',
  'runtime/methods/inits/index.ts': 'test/runtime/methods/laws.ort.test.ts',
  'runtime/methods/parts/gradientProbes.ts': 'test/runtime/pipelines/gradientPass.ort.test.ts',
  'runtime/methods/parts/inner.ts': 'test/runtime/methods/loraSb.ort.test.ts',
  'runtime/methods/parts/loramLayer.ts': 'test/runtime/methods/loram.test.ts',
  'runtime/methods/parts/smallerBaseKeys.ts': 'test/runtime/methods/loram.test.ts',
  'runtime/methods/parts/storedMatrix.ts': 'test/runtime/methods/loraSb.ort.test.ts',
  'runtime/pipelines/alignBase.ts': 'test/runtime/pipelines/smallerBase.ort.test.ts',
  'runtime/pipelines/beginRun.ts': 'test/runtime/pipelines/finetune.ort.test.ts',
  'runtime/pipelines/openRun.ts': 'test/runtime/pipelines/smallerBase.ort.test.ts',
  'runtime/pipelines/originalModel.ts': 'test/runtime/pipelines/smallerBase.ort.test.ts',
  'runtime/pipelines/pruneBase.ts': 'test/runtime/pipelines/prune.ort.test.ts',
  'runtime/serve/runHandlers.ts': 'test/runtime/serve/serve.test.ts',
};

const twins = (path: string): string[] => {
  const stem = `test/${path.replace(/[.]ts$/, '')}`;
  return ['', '.ort', '.gpu', '.large'].map((need) => `${stem}${need}.test.ts`);
};
/** A file of types alone has nothing to run. */
const onlyTypes = (path: string): boolean =>
  !/^(export )?(async )?(const|let|function\*?|class|abstract) ?/m.test(textOf(path));

test('every runtime file has a test of the same path', () => {
  const lacking = product
    .filter((path) => path.startsWith('runtime/') && path !== 'runtime/main.ts' && !onlyTypes(path))
    .filter((path) => !twins(path).some((twin) => existsSync(join(root, twin))));
  expect(lacking.filter((path) => !(path in testedElsewhere))).toEqual([]);
  expect(Object.keys(testedElsewhere).filter((path) => !lacking.includes(path))).toEqual([]);
  expect(Object.values(testedElsewhere).filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
