/** @file What the alignment trains: everything but the head. */
import { expect, it } from 'vitest';
import { alignedTensors } from '../../../../runtime/model/prune/aligned.ts';
import { specTensors } from '../../../../runtime/model/specTensors.ts';
import { specOf } from '../../../support/familyCases.ts';
import { smallLlama } from '../../../support/randomModel.ts';

it('is everything but the head, and but a table that the head reads too', () => {
  const free = specOf(smallLlama);
  const names = specTensors(free).map(({ name }) => name);
  expect([...alignedTensors(free)].sort()).toEqual(names.filter((name) => name !== 'lm_head.weight').sort());
  const tied = specOf({ ...smallLlama, tie_word_embeddings: true });
  const kept = names.filter((name) => !['lm_head.weight', 'model.embed_tokens.weight'].includes(name));
  expect([...alignedTensors(tied)].sort()).toEqual(kept.sort());
});
