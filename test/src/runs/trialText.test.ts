/** @file What a trial of an adapter shows. */
import { expect, test } from 'vitest';
import { answerText, trialDocument } from '../../../src/runs/trialText.ts';

test('the answer is found among other lines', () => {
  const output = 'loading\n{"event":"note"}\n{"event":"answer","row":0,"text":"{\\"kind\\": 1}"}\n{"ev';
  expect(answerText(output)).toBe('{"kind": 1}');
  expect(answerText('{"event":"answer"}\n{')).toBeUndefined();
});

test('base and adapter stand under one question', () => {
  const text = trialDocument('tickets', 'Write a ticket.', 'It is broken.', '', '{"kind": "bug"}');
  const order = ['Write a ticket.', 'It is broken.', '(nothing)', 'With tickets', '{"kind": "bug"}'];
  const places = order.map((part) => text.indexOf(part));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places[0]).toBeGreaterThan(0);
});
