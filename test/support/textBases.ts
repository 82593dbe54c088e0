/** @file Small bases that classify (bert) or write about a text (t5), with tokenizers of a few words. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SafetensorsFile, writeSafetensors } from '../../runtime/formats/safetensors.ts';

/** Where the repository is; a bundle says it, for want of a place of its own. */
const here = (): string => resolve(import.meta.dirname, '../..');

/** Words that the tokenizers know, behind their special tokens. */
export const words = [
  'red',
  'green',
  'blue',
  'cat',
  'dog',
  'bird',
  'is',
  'not',
  'a',
  'the',
  'and',
  'or',
  '.',
];

const bertSpecial = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const t5Special = ['<pad>', '</s>', '<unk>'];

function tokenizerFiles(folder: string, special: readonly string[], parts: object, roles: object): void {
  const vocab = Object.fromEntries([...special, ...words].map((word, id) => [word, id]));
  const json = {
    model: {
      type: 'WordPiece',
      unk_token: special.includes('[UNK]') ? '[UNK]' : '<unk>',
      vocab,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
    added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    ...parts,
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(roles));
}

/** A base of the tests' own documents; `root` is the repository's folder. */
function copyBase(name: string, folder: string, changes: object, root: string): string {
  mkdirSync(folder, { recursive: true });
  const base = join(root, 'test/fixtures/documents', name, 'base');
  const config = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8')) as object;
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...changes }));
  copyFileSync(join(base, 'model.safetensors'), join(folder, 'model.safetensors'));
  return folder;
}

/** A BERT of two classes and two token types; `changes` go into its config.json. */
export function writeBertBase(folder: string, changes: object = {}, root = here()): string {
  copyBase('bert-pair', folder, changes, root);
  const special = (id: string, type: number): object => ({ SpecialToken: { id, type_id: type } });
  const text = (id: string, type: number): object => ({ Sequence: { id, type_id: type } });
  const single = [special('[CLS]', 0), text('A', 0), special('[SEP]', 0)];
  const post = {
    type: 'TemplateProcessing',
    single,
    pair: [...single, text('B', 1), special('[SEP]', 1)],
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [bertSpecial.indexOf(id)], tokens: [id] }]),
    ),
  };
  tokenizerFiles(folder, bertSpecial, { post_processor: post }, { cls_token: '[CLS]', sep_token: '[SEP]' });
  return folder;
}

/** The same without its classifier, as it comes from training on masked words alone. */
export function writeBareBert(folder: string): string {
  writeBertBase(folder, { architectures: ['BertForMaskedLM'], id2label: null, label2id: null });
  const path = join(folder, 'model.safetensors');
  const file = SafetensorsFile.open(path);
  const kept = [...file.tensors.values()]
    .filter(({ name }) => !name.startsWith('classifier.'))
    .map(({ name, shape }) => ({ name, dtype: 'F32' as const, shape, data: file.readFloat32(name) }));
  file.close();
  // norms as the oldest files call them
  const older = (name: string): string =>
    name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta');
  writeSafetensors(
    path,
    kept.map((tensor) => ({ ...tensor, name: older(tensor.name) })),
    { format: 'pt' },
  );
  return folder;
}

export function writeT5Base(folder: string): string {
  copyBase('t5-encoder', folder, {}, here());
  const post = {
    type: 'TemplateProcessing',
    single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
    pair: null,
    special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
  };
  tokenizerFiles(folder, t5Special, { post_processor: post }, { eos_token: '</s>', pad_token: '<pad>' });
  return folder;
}
