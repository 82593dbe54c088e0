/** @file BERT: an encoder with a classifier on top. */
import { describe, expect, test } from 'vitest';
import { bert } from '../../../../runtime/model/families/bert.ts';
import { casesOf, checkFamily, specOf } from '../../../support/familyCases.ts';

checkFamily(bert);

const [plain] = casesOf('bert');

test('the classes are those of the config, by id', () => {
  expect(specOf(casesOf('bert')[2]!.config)).toMatchObject({
    task: 'classification',
    labels: ['no', 'yes', 'perhaps'],
    names: { head: { path: 'classifier', outputs: 3 } },
  });
  expect(specOf(plain!.config).labels).toEqual(['LABEL_0', 'LABEL_1']);
});

describe('refuses what would be another model', () => {
  test.each([
    [{ is_decoder: true }, 'is_decoder is true'],
    [{ add_cross_attention: true }, 'add_cross_attention is true'],
    [{ position_embedding_type: 'relative_key' }, 'position_embedding_type is "relative_key"'],
    [{ problem_type: 'regression' }, 'problem_type is "regression"'],
    [{ num_attention_heads: 5 }, 'num_attention_heads is 5'],
    [{ id2label: { 0: 'no', 2: 'yes' } }, 'id2label has no text for 1'],
    [{ id2label: {} }, 'id2label names 0 classes'],
  ])('%j', (changes, said) => {
    expect(() => specOf({ ...plain!.config, ...changes })).toThrow(said);
  });
});
