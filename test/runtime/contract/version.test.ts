/** @file The version that the program names. */
import { expect, test } from 'vitest';
import { version } from '../../../runtime/contract/version.ts';
import { textOf } from '../../support/sourceFiles.ts';

test("the program's version is the package's", () => {
  expect((JSON.parse(textOf('package.json')) as { version: string }).version).toBe(version);
});
