/** @file What a variant's new method inherits. */
import { describe, expect, test } from 'vitest';
import { locate, plainValue } from '../../../runtime/config/located.ts';
import type { LocatedObject } from '../../../runtime/config/located.ts';
import type { Keys } from '../../../runtime/contract/optionSpec.ts';
import { applyPatch } from '../../../runtime/config/resolve.ts';

const at = { set: 'test' };

describe('a new method.kind', () => {
  const flag = { type: 'boolean', doc: '' } as const;
  const named = (kind: string, keys: Keys) => ({ kind, title: kind, doc: '', keys });
  const kinds = [named('lora', { scale: flag, extra: flag }), named('other', { scale: flag, gate: flag })];
  const merge = (base: unknown, patch: unknown): unknown =>
    plainValue(applyPatch(locate(base, at) as LocatedObject, locate(patch, at) as LocatedObject, kinds));

  test('inherits only the keys that it declares', () => {
    const base = { method: { rank: 1, extra: 2 }, memory: 'low' };
    expect(merge(base, { method: { kind: 'other', gate: 3 } })).toEqual({
      method: { rank: 1, kind: 'other', gate: 3 },
      memory: 'low',
    });
  });

  test('that is the old one changes nothing else', () => {
    const base = { method: { rank: 1, extra: 2 } };
    expect(merge(base, { method: { kind: 'lora' } })).toEqual({
      method: { rank: 1, extra: 2, kind: 'lora' },
    });
    expect(merge({ method: { kind: 'other', gate: 1 } }, { method: { rank: 2 } })).toEqual({
      method: { kind: 'other', gate: 1, rank: 2 },
    });
  });
});
