/** @file Links of hovers and heads of method pages: ours alone become links. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isPageName, linkLine, pageHead } from '../../../src/config/markdown.ts';
import { root } from '../../support/sourceFiles.ts';

test('a page and a paper', () => {
  expect(
    linkLine([
      { kind: 'page', name: 'lora-ga', title: 'LoRA-GA' },
      { kind: 'paper', arxiv: '2407.05000' },
    ]),
  ).toBe(
    '[About LoRA\\-GA](command:adapterWorkbench.showMethod?%5B%22lora-ga%22%5D) · [arXiv:2407.05000](https://arxiv.org/abs/2407.05000)',
  );
});

test('what is no name of a page or a paper is no link', () => {
  for (const name of ['../x', 'a/b', 'A', '', 'x)', '-a'])
    expect(linkLine([{ kind: 'page', name, title: 'x' }]), name).toBe('');
  expect(linkLine([{ kind: 'paper', arxiv: 'x](command:y)' }])).toBe('');
  expect(isPageName('lora-xs')).toBe(true);
});

test('the head of a page', () => {
  const page = readFileSync(join(root, 'media/methods/lora-ga.md'), 'utf8');
  expect(pageHead(page)).toEqual({
    title: 'LoRA-GA',
    paper: 'arXiv:2407.05000',
    says: 'Start values for LoRA that look ahead.',
  });
  expect(pageHead('')).toEqual({ title: '', paper: '', says: '' });
});
