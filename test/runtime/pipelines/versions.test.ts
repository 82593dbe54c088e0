/** @file Versions that decide a run's numbers: Node's own and the runtime's as installed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { versions } from '../../../runtime/pipelines/versions.ts';
import { root } from '../../support/sourceFiles.ts';

test('name Node, ONNX Runtime and the platform as they are', () => {
  const file = join(root, 'node_modules/onnxruntime-node/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  expect(versions()).toMatchObject({
    node: process.versions.node,
    'onnxruntime-node': version,
    platform: `${process.platform}-${process.arch}`,
  });
});
