/** @file Broken configs: files that are not there, of the wrong kind, or that no run could read. */
import { withData, withKeys } from './brokenConfig.ts';
import type { BrokenConfig } from './brokenConfig.ts';

/** The same data for a base of two classes. */
const withClassifier = (data: string): string =>
  `{\n  "base": "classifier",\n  "data": { ${data}, "length": 20 },\n  "method": { "kind": "lora", "rank": 4 }\n}`;

export const files: readonly BrokenConfig[] = [
  { code: 'base-missing', marked: '{ "base": «"bsae"», "data": { "train": "train.jsonl" } }' },
  { code: 'base-unknown', marked: '{ "base": «"notes.txt"», "data": { "train": "train.jsonl" } }' },
  {
    code: 'base-not-downloaded',
    marked: '{ "base": «"some-owner/some-model"», "data": { "train": "train.jsonl" } }',
  },
  { code: 'architecture-unsupported', marked: '{ "base": «"other"», "data": { "train": "train.jsonl" } }' },
  { code: 'pickle-refused', marked: '{ "base": «"old.bin"», "data": { "train": "train.jsonl" } }' },
  { code: 'file-missing', marked: withData('"train": «"trian.jsonl"»') },
  { code: 'file-missing', marked: withData('"train": "train.jsonl", "template": «"nowhere/x.jinja"»') },
  { code: 'not-a-file', marked: withData('"train": «"run"»') },
  { code: 'not-a-folder', marked: withKeys('"output": «"notes.txt"»') },
  { code: 'not-a-folder', marked: withKeys('"output": «"notes.txt/runs"»') },
  { code: 'not-a-folder', marked: withKeys('"method": { "from": «"notes.txt"» }') },
  { code: 'adapter-missing', marked: withKeys('"method": { "from": «"run"» }') },
  { code: 'adapter-missing', marked: withKeys('"method": { "from": «"other"» }') },
  { code: 'adapter-misfit', marked: withKeys('"method": { "from": «"misfit"» }') },
  { code: 'adapter-unsupported', marked: withKeys('"method": { "from": «"pissa"» }') },
  { code: 'format-unknown', marked: withData('"train": «"columns.jsonl"»') },
  { code: 'row-malformed', marked: withData('"train": «"columns.jsonl"», "format": "chat"') },
  { code: 'data-key-idle', marked: withClassifier('"train": "two.jsonl", "trainOn": «"all"»') },
  { code: 'data-key-idle', marked: withClassifier('"train": "two.jsonl", "template": «"none"»') },
  { code: 'format-unfit', marked: withClassifier('"train": «"train.jsonl"»') },
  { code: 'classes-differ', marked: withClassifier('"train": «"three.jsonl"»') },
  { code: 'data-empty', marked: withData('"train": «"empty.jsonl"»') },
  { code: 'format-unknown', marked: withData('"train": "train.jsonl", "validation": «"columns.jsonl"»') },
  { code: 'template-syntax', marked: withData('"train": "train.jsonl", "template": «"bad.jinja"»') },
  {
    code: 'data-columns',
    marked: withData('"train": "columns.jsonl", «"columns"»: { "answers": "answer" }'),
  },
  {
    code: 'column-missing',
    marked: withData(
      '"train": "columns.jsonl", «"columns"»: { "instruction": "questions", "output": "answer" }',
    ),
  },
];
