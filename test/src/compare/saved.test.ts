/** @file Saved tables and plots as files. */
import { expect, test } from 'vitest';
import { savedBytes, savedName } from '../../../src/compare/saved.ts';

const plot = { kind: 'plot', title: 'Loss / train', svg: '<svg/>', png: 'AAEC' } as const;
const table = { kind: 'table', csv: 'a,ä' } as const;

test('the ending that was chosen decides', () => {
  expect([...savedBytes(plot, '/x.PNG')]).toEqual([0, 1, 2]);
  expect(Buffer.from(savedBytes(plot, '/x.svg')).toString()).toBe('<svg/>');
  expect(Buffer.from(savedBytes(table, '/x.csv')).toString('utf8')).toBe('a,ä');
});

test('names that every system takes', () => {
  expect(savedName(plot)).toBe('Loss  train.svg');
  expect(savedName({ ...plot, title: '損失 (検証)' })).toBe('損失 検証.svg');
  expect(savedName({ ...plot, title: '../..' })).toBe('plot.svg');
  expect(savedName(table)).toBe('comparison.csv');
});
