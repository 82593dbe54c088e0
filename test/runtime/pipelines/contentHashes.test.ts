/** @file A resumed run is refused where base or data have another content than at its start. */
import { expect, it } from 'vitest';
import { refuseChanged } from '../../../runtime/pipelines/contentHashes.ts';
import type { RunRecorder } from '../../../runtime/runs/record.ts';
import { runConfig } from '../../support/runConfig.ts';

const config = runConfig('runs');
const started = { config, record: { hashes: { base: 'a', train: 'b' } } } as unknown as RunRecorder;

it('equal hashes, and those that were not known, pass', () => {
  refuseChanged(started, { base: 'a', train: 'b', validation: 'c' });
});

it.each([
  [{ base: 'x', train: 'b' }, config.base],
  [{ base: 'a', train: 'x' }, config.data.train],
])('%j names the file', (hashes, file) => {
  expect(() => {
    refuseChanged(started, hashes);
  }).toThrow(expect.objectContaining({ code: 'content-changed', place: { file } }) as Error);
});
