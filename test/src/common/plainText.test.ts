/** @file Hostile texts in every place where a person reads them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markdownText, notificationText, oneLine, withoutIcons } from '../../../src/common/plainText.ts';

test('a line has no control characters, no turned direction and an end', () => {
  expect(oneLine('a\nb\u0000\u001b[31mc')).toBe('a b [31mc');
  expect(oneLine('evil\u202egnp.exe')).toBe('evil gnp.exe');
  expect(oneLine('lone \ud800 half')).toBe('lone   half');
  expect(oneLine('größer — 重み 🙂')).toBe('größer — 重み 🙂');
  expect(oneLine('x'.repeat(10_000_000))).toBe(`${'x'.repeat(300)}…`);
  expect(oneLine('x'.repeat(300))).toBe('x'.repeat(300));
});

test('Markdown shows the text as it is', () => {
  expect(markdownText('[x](command:evil) <img src=x> | $(alert) ![i](u)')).toBe(
    '\\[x\\]\\(command\\:evil\\) \\<img src=x\\> \\| \\$\\(alert\\) \\!\\[i\\]\\(u\\)',
  );
});

test('no character that means something in Markdown is left without its backslash', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      const shown = markdownText(text).replaceAll(/\\[^\p{L}\p{N}\s]/gu, '');
      expect(shown).not.toMatch(/[\\`*_{}[\]()#+\-.!|<>~&$:@\n]/);
    }),
  );
});

test('a notification has no link, a status bar no icon that a file put there', () => {
  expect(notificationText('[Open](command:workbench.action.quit)')).not.toMatch(/\]\(/);
  expect(withoutIcons('$(alert) $(sync~spin)')).not.toContain('$(');
});
