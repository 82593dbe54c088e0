/** @file Logits, losses and gradients for given token ids: for people who compare frameworks. */
import type { MemoryPolicy, Task } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import type { PeftAdapter } from '../formats/peft.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import type { TensorToWrite } from '../formats/safetensors.ts';
import { unadapted } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { Base, DecoderSpec } from '../model/decoder.ts';
import type { Provider } from '../graph/lower.ts';
import { Device } from '../ort/device.ts';
import type { TokenRow } from '../train/batch.ts';
import { secondStart } from '../train/documentBatch.ts';
import { Engine } from '../train/engine.ts';
import { supervisedTokens } from '../train/loop.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { withAdapterClasses } from '../model/adapterClasses.ts';
import { namedTensors, startValues } from './adapterModel.ts';
import type { AdapterModel } from '../model/peftAdapter.ts';
import { readProbeInput } from './probeInput.ts';
import type { ProbeInput } from './probeInput.ts';

export interface ProbeOptions {
  readonly base: string;
  readonly adapter?: string;
  readonly input: string;
  readonly output: string;
  readonly gradients: boolean;
  readonly provider: Provider;
  readonly threads: number;
  readonly memory: MemoryPolicy;
}

/**
 * Writes `logits` [batch, length, vocab], and with labels `loss` [1] and `token_loss` [batch, length - 1]; padding holds zeros.
 * Of a classifier they are [batch, classes] and [batch, 1], of an encoder-decoder [batch, target length, vocab] and [batch, target length].
 */
export async function probe(options: ProbeOptions): Promise<void> {
  const { base, peft, model } = openModel(options);
  const input = readProbeInput(options.input, base.spec);
  await using device = new Device({ provider: options.provider, threads: options.threads });
  using engine = new Engine(base, model?.adapted ?? unadapted, {
    device,
    policy: options.memory,
    span: 1,
    headRows: 128,
    longest: input.longest,
    ...(model && { overrides: model.overrides }),
  });
  const parameters = await engine.model.parameters();
  await startValues(parameters, model?.values ?? (() => undefined), 0);
  const tensors: TensorToWrite[] = [await logitsOf(engine, input)];
  if (input.labelled) tensors.push(...(await lossesOf(engine, input, options.gradients)));
  if (input.labelled && options.gradients)
    for (const { name, shape, data } of await namedTensors(parameters, 'gradient'))
      tensors.push({ name: `grad.${name}`, dtype: 'F32', shape, data });
  writeSafetensors(options.output, tensors, {});
  peft?.close();
  base.tensors.close();
}

interface OpenedModel {
  readonly base: Base;
  readonly peft?: PeftAdapter;
  readonly model?: AdapterModel;
}

function openModel({ base: path, adapter, gradients }: ProbeOptions): OpenedModel {
  const opened = openBase(path);
  if (adapter === undefined) return { base: opened };
  const peft = openPeftAdapter(adapter);
  const base = withAdapterClasses(opened, peft);
  const model = adapterFromPeft(peft, base);
  if (gradients) refuseTiedTable(peft, model, base.spec);
  return { base, peft, model };
}

/** A trained table that embedding and head share has the sum of two gradients, which is not computed. Throws `adapter-unsupported`. */
function refuseTiedTable(
  { config, folder }: PeftAdapter,
  { adapted }: AdapterModel,
  spec: DecoderSpec,
): void {
  if (!spec.tied || !config.ensureWeightTying) return;
  const { embedding, head } = spec.names;
  if (![embedding, head.path].some((path) => adapted.saved.has(`${path}.weight`))) return;
  throw new UserError(
    'adapter-unsupported',
    'trains embedding and head as one (ensure_weight_tying): its logits can be had, its gradients not.',
    { place: { file: folder, what: 'ensure_weight_tying' } },
  );
}

async function logitsOf(engine: Engine, { rows, width }: ProbeInput): Promise<TensorToWrite> {
  const { task, names } = engine.spec;
  const values = names.head.outputs;
  const data = new Float32Array(rows.length * width * values);
  const { logits } = await engine.logits(rows);
  let start = 0;
  rows.forEach((row, r) => {
    const end = start + outputsOf(row, task) * values;
    data.set(logits.subarray(start, end), r * width * values);
    start = end;
  });
  const shape = task === 'classification' ? [rows.length, values] : [rows.length, width, values];
  return { name: 'logits', dtype: 'F32', shape, data };
}

/** Logits that a row has: its class, or one for each token that is written. */
function outputsOf(row: TokenRow, task: Task | undefined): number {
  if (task === undefined) return row.ids.length;
  return task === 'classification' ? 1 : row.ids.length - secondStart(row);
}

async function lossesOf(
  engine: Engine,
  { rows, width }: ProbeInput,
  gradients: boolean,
): Promise<TensorToWrite[]> {
  const supervised = rows.reduce((sum, row) => sum + supervisedTokens(row), 0);
  const { tokenLoss, batch: prepared } = gradients
    ? await engine.accumulate(rows, { token: 1 / supervised, auxiliary: 0 }, true)
    : await engine.losses(rows);
  // a decoder's last token predicts none that the input holds
  const losses = engine.spec.task === undefined ? width - 1 : width;
  const data = new Float32Array(rows.length * losses);
  let sum = 0;
  tokenLoss.forEach((loss, i) => {
    const row = prepared.labelled.rows[i]!;
    const position = Number(prepared.labelled.tokens[i]!) - prepared.layout.starts[row]!;
    data[row * losses + position] = loss;
    sum += loss;
  });
  return [
    { name: 'loss', dtype: 'F32', shape: [1], data: new Float32Array([sum / supervised]) },
    { name: 'token_loss', dtype: 'F32', shape: [rows.length, losses], data },
  ];
}
