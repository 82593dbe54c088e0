/** @file Rows as the graphs of any base take them. */
import type { DecoderSpec } from '../model/decoder.ts';
import { prepareBatch } from './batch.ts';
import type { Batch, TokenRow } from './batch.ts';
import { documentBatch } from './documentBatch.ts';
import type { Plan } from './layout.ts';

/** A micro-batch: documents in tiles as `plan` says for a decoder, as whole ones for a base whose attention spans them. */
export const prepareRows = (rows: readonly TokenRow[], spec: DecoderSpec, plan?: Plan): Batch =>
  spec.task === undefined ? prepareBatch(rows, spec, plan) : documentBatch(rows, spec, spec.task);
