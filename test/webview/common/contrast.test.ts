/** @file Pale colours become visible, others stay as they are. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contrast, legible, over } from '../../../webview/common/contrast.ts';
import type { Rgba } from '../../../webview/common/contrast.ts';

const white: Rgba = [255, 255, 255, 1];
const black: Rgba = [0, 0, 0, 1];

test('ratios as WCAG gives them', () => {
  expect(contrast(white, black)).toBeCloseTo(21, 10);
  expect(contrast(white, white)).toBe(1);
  // #767676 on white is the best known grey that just passes 4.5.
  expect(contrast([0x76, 0x76, 0x76, 1], white)).toBeCloseTo(4.54, 2);
});

test('a colour that is seen stays, a pale one moves towards the text', () => {
  const blue: Rgba = [0, 97, 213, 1];
  expect(legible(blue, white, black)).toEqual(blue);
  const pale = legible([234, 92, 0, 0.33], white, black);
  expect(contrast(pale, white)).toBeGreaterThanOrEqual(3);
  expect(pale[0]).toBeGreaterThan(pale[2]);
});

test('whatever a theme gives, it is seen where the text is', () => {
  const channel = fc.nat(255);
  const color = fc.tuple(channel, channel, channel, fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(
      color,
      fc.constantFrom<[Rgba, Rgba]>([white, black], [black, white]),
      (any, [background, text]) => {
        expect(contrast(legible(any, background, text), background)).toBeGreaterThanOrEqual(3);
      },
    ),
  );
});

test('what is not opaque is painted over its background', () => {
  expect(over([100, 0, 0, 0.5], black)).toEqual([50, 0, 0, 1]);
});
