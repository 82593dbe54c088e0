/** @file The report of an import: words of the file are shown, never rendered. */
import { expect, test } from 'vitest';
import { importReport } from '../../../src/config/importReport.ts';

test('three lists: left out, taken over, so anyway', () => {
  const text = importReport('a.yml', {
    tool: 'axolotl',
    text: '',
    mapped: [
      { from: 'lora_r', to: 'method.rank' },
      { from: 'bf16', to: '', note: 'everything is computed in 32 bits here' },
    ],
    unmapped: [{ key: 'deepspeed', reason: 'training runs in one process.' }],
  });
  expect(text).toContain('## Without a counterpart (1)');
  expect(text).toContain('| ` lora_r ` | ` method.rank ` |  |');
  expect(text).toContain('## So here anyway (1)');
});

test('markup, bars, fences and line ends stay text', () => {
  const evil = 'a`b|c\n![x](http://evil) <img src=x>';
  const text = importReport(evil, {
    tool: 'axolotl',
    text: '',
    mapped: [],
    unmapped: [{ key: evil, reason: evil }],
  });
  const row = text.split('\n').find((line) => line.startsWith('| ``'))!;
  expect(row).toContain('`` a`b¦c ![x](http://evil) <img src=x> ``');
  // a reason is text: its signs are escaped
  expect(row).toContain('\\!\\[x\\]\\(http://evil\\) \\<img src=x\\>');
  expect(text.split('\n')[0]).not.toMatch(/(^|[^\\])<img/);
});
