/** @file Which classes an adapter brings along. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PeftAdapter } from '../../../runtime/formats/peft.ts';
import { withAdapterClasses } from '../../../runtime/model/adapterClasses.ts';
import { openBase } from '../../../runtime/model/base.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { writeBareBert, writeBertBase } from '../../support/textBases.ts';

const scratch = temporaryFolder();
const plain = openBase(writeBertBase(join(scratch, 'plain')));
const named = openBase(writeBertBase(join(scratch, 'named'), { id2label: { 0: 'no', 1: 'yes' } }));
const bare = openBase(writeBareBert(join(scratch, 'bare')));

describe('the classes of an adapter', () => {
  const adapter = (name: string, outputs: number | undefined, names?: readonly string[]): PeftAdapter => {
    const folder = join(scratch, name);
    mkdirSync(folder);
    if (names)
      writeFileSync(
        join(folder, 'classes.json'),
        JSON.stringify({ id2label: Object.fromEntries(names.entries()) }),
      );
    const bias = {
      name: 'bias',
      shape: [outputs ?? 0],
      read: () => new Float32Array(outputs ?? 0),
    };
    const saved = new Map(outputs === undefined ? [] : [['classifier.bias', bias]]);
    return { folder, saved } as unknown as PeftAdapter;
  };

  test('give a base without a classifier its own', () => {
    expect(withAdapterClasses(bare, adapter('four', 4)).spec.labels).toHaveLength(4);
    expect(withAdapterClasses(bare, adapter('three', 3, ['a', 'b', 'c'])).spec.labels).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(withAdapterClasses(bare, adapter('none', undefined))).toBe(bare);
  });

  test('name those of a base that has one', () => {
    expect(withAdapterClasses(plain, adapter('two', 2, ['no', 'yes'])).spec.labels).toEqual(['no', 'yes']);
    expect(withAdapterClasses(named, adapter('unnamed', 2)).spec.labels).toEqual(['no', 'yes']);
  });

  test('that contradict its classifier are refused', () => {
    expect(() => withAdapterClasses(bare, adapter('wrong', 3, ['a', 'b']))).toThrow(
      'names 2 classes for a classifier of 3',
    );
  });
});
