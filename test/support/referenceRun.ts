/** @file Ten steps on a reference folder's one unpacked batch, and how far they come out from what transformers and PEFT made of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SafetensorsFile } from '../../runtime/formats/safetensors.ts';
import { adapterTensors, paddedRows, runFinetune, writeRows } from './finetuneRun.ts';
import { relativeError } from './randomModel.ts';

/** PEFT's name of a module that is trained whole while it is trained. */
export const whileTrained = (tensor: string): string =>
  tensor.replace(/^classifier\./, 'classifier.modules_to_save.');

export interface ReferenceRun {
  /** Of the loss, step by step. */
  readonly differences: readonly number[];
  /** Relative, by tensor of the written adapter. */
  readonly errors: ReadonlyMap<string, number>;
  /** Tensors that the reference trained. */
  readonly wanted: number;
}

/** Trains the reference's adapter as it was trained there, in a folder below `scratch`. */
export async function runReference(reference: string, scratch: string): Promise<ReferenceRun> {
  const expected = SafetensorsFile.open(join(reference, 'expected.safetensors'));
  const rows = paddedRows(expected);
  mkdirSync(scratch, { recursive: true });
  const { result, steps } = await runFinetune(scratch, {
    base: join(reference, 'base'),
    data: {
      train: writeRows(join(scratch, 'rows.jsonl'), rows),
      format: 'tokenised',
      packing: false,
      shuffle: false,
    },
    method: { kind: 'lora', from: join(reference, 'adapter') },
    training: {
      steps: 10,
      batch: rows.length,
      learningRate: 1e-2,
      schedule: 'constant',
      warmup: 0,
      weightDecay: 0.01,
      decayAll: true,
      clip: 1,
    },
    output: join(scratch, 'runs'),
  });
  const curve = expected.readFloat32('train.loss_and_grad_norm');
  const errors = [...adapterTensors(result.adapter!)].map(
    ([tensor, values]) =>
      [tensor, relativeError(values, expected.readFloat32(`trained.${whileTrained(tensor)}`))] as const,
  );
  const trained = [...expected.tensors.keys()].filter((key) => key.startsWith('trained.'));
  expected.close();
  return {
    differences: steps.map(({ loss }, t) => Math.abs(loss - curve[2 * t]!)),
    errors: new Map(errors),
    // the logits at the end are no tensor of the adapter
    wanted: trained.length - 1,
  };
}
