/** @file Characters that do something are shown instead. */
import { expect, test } from 'vitest';
import { visibleText } from '../../../runtime/contract/visibleText.ts';

test('controls as pictures, directions as codes, everything else as it is', () => {
  expect(visibleText('a\u0007b\u202ec\ufeff')).toBe('a\u2407b\u27e8U+202E\u27e9c\u27e8U+FEFF\u27e9');
  expect(visibleText('<b> ä 日本 🧀\n\t')).toBe('<b> ä 日本 🧀\n\t');
});
