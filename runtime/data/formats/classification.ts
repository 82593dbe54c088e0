/** @file `{"text": "…", "text_pair"?: "…", "label": "name" or id}`: a text, or two, and its class; for bases that classify. */
import { describeType, malformed, optionalText, textField } from '../row.ts';
import type { DatasetFormat } from '../row.ts';

export const classification: DatasetFormat = {
  name: 'classification',
  required: [['text', 'label']],
  optional: ['text_pair'],
  teaches: ['classification'],
  fits: ({ text, label }) => typeof text === 'string' && readLabel(label) !== undefined,
  read(row) {
    const label = readLabel(row['label']);
    if (label === undefined)
      throw malformed(
        `has "label" that is ${describeType(row['label'])}; the name of a class or its number from 0 was expected.`,
      );
    return { kind: 'classified', text: textField(row, 'text'), pair: optionalText(row, 'text_pair'), label };
  },
};

/** A name, or a number from 0 on; Parquet gives 64-bit integers as bigint, and some files write a boolean as true and false. */
function readLabel(value: unknown): number | string | undefined {
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
