/** @file Logits, losses and gradients for given token ids: for people who compare frameworks. */
import type { MemoryPolicy } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import type { PeftAdapter } from '../formats/peft.ts';
import { SafetensorsFile, writeSafetensors } from '../formats/safetensors.ts';
import type { TensorToWrite } from '../formats/safetensors.ts';
import { unadapted } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import type { Provider } from '../graph/lower.ts';
import { Device } from '../ort/device.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { namedTensors, startValues } from './adapterModel.ts';
import type { AdapterModel } from '../model/peftAdapter.ts';

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

interface ProbeInput {
  readonly batch: number;
  readonly length: number;
  readonly rows: readonly TokenRow[];
  readonly labelled: boolean;
}

/** Labels that are not trained, as PyTorch marks them. */
const IGNORED = -100;

/** Writes `logits` [batch, length, vocab], and with labels `loss` [1] and `token_loss` [batch, length - 1]; padding holds zeros. */
export async function probe(options: ProbeOptions): Promise<void> {
  const base = openBase(options.base);
  const input = readInput(options.input, base.spec);
  const peft = options.adapter === undefined ? undefined : openPeftAdapter(options.adapter);
  const model = peft && adapterFromPeft(peft, base);
  if (options.gradients && peft && model) refuseTiedTable(peft, model, base.spec);
  await using device = new Device({ provider: options.provider, threads: options.threads });
  using engine = new Engine(base, model?.adapted ?? unadapted, {
    device,
    policy: options.memory,
    span: 1,
    headRows: 128,
    longest: input.length,
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

async function logitsOf(engine: Engine, { rows, batch, length }: ProbeInput): Promise<TensorToWrite> {
  const { vocab } = engine.spec;
  const data = new Float32Array(batch * length * vocab);
  const { logits, batch: prepared } = await engine.logits(rows);
  rows.forEach(({ ids }, row) => {
    const start = prepared.layout.starts[row]! * vocab;
    data.set(logits.subarray(start, start + ids.length * vocab), row * length * vocab);
  });
  return { name: 'logits', dtype: 'F32', shape: [batch, length, vocab], data };
}

async function lossesOf(
  engine: Engine,
  { rows, batch, length }: ProbeInput,
  gradients: boolean,
): Promise<TensorToWrite[]> {
  const supervised = rows.reduce((sum, { mask }) => sum + mask.subarray(1).reduce((n, bit) => n + bit, 0), 0);
  const { tokenLoss, batch: prepared } = gradients
    ? await engine.accumulate(rows, { token: 1 / supervised, auxiliary: 0 }, true)
    : await engine.losses(rows);
  const data = new Float32Array(batch * (length - 1));
  let sum = 0;
  tokenLoss.forEach((loss, i) => {
    const row = prepared.labelled.rows[i]!;
    const position = Number(prepared.labelled.tokens[i]!) - prepared.layout.starts[row]!;
    data[row * (length - 1) + position] = loss;
    sum += loss;
  });
  return [
    { name: 'loss', dtype: 'F32', shape: [1], data: new Float32Array([sum / supervised]) },
    { name: 'token_loss', dtype: 'F32', shape: [batch, length - 1], data },
  ];
}

/** `input_ids` [B, T], optional `attention_mask` and `labels` of the same shape, integers of any width. */
function readInput(path: string, { vocab, maxPositions }: DecoderSpec): ProbeInput {
  const file = SafetensorsFile.open(path);
  try {
    const info = file.tensors.get('input_ids');
    if (info?.shape.length !== 2)
      throw inputError(path, 'input_ids', 'must be there with shape [batch, length]');
    const [batch, length] = info.shape as [number, number];
    const optional = (name: string): Int32Array | undefined => {
      const found = file.tensors.get(name);
      if (!found) return undefined;
      if (found.shape.join() !== info.shape.join())
        throw inputError(path, name, `must have the shape of input_ids, [${batch}, ${length}]`);
      return file.readInts(name);
    };
    const ids = file.readInts('input_ids');
    const labels = optional('labels');
    const attention = optional('attention_mask');
    const rows = Array.from({ length: batch }, (_, row) =>
      readRow(path, row, length, vocab, ids, attention, labels),
    );
    const longest = Math.max(...rows.map((row) => row.ids.length));
    if (longest > maxPositions)
      throw inputError(
        path,
        'input_ids',
        `holds a row of ${longest} tokens, the base knows ${maxPositions} positions`,
      );
    return { batch, length, rows, labelled: labels !== undefined };
  } finally {
    file.close();
  }
}

function readRow(
  path: string,
  row: number,
  length: number,
  vocab: number,
  allIds: Int32Array,
  attention: Int32Array | undefined,
  labels: Int32Array | undefined,
): TokenRow {
  const slice = (all: Int32Array): Int32Array => all.subarray(row * length, (row + 1) * length);
  const seen = attention && slice(attention);
  const used = seen ? seen.reduce((n, bit) => n + (bit === 0 ? 0 : 1), 0) : length;
  if (used === 0 || seen?.subarray(0, used).includes(0) === true)
    throw inputError(path, 'attention_mask', `must be ones and then zeros; row ${row} isn't`);
  const ids = slice(allIds).subarray(0, used);
  const bad = ids.findIndex((id) => id < 0 || id >= vocab);
  if (bad >= 0)
    throw inputError(
      path,
      'input_ids',
      `holds ${ids[bad]!} in row ${row}, the base knows ids below ${vocab}`,
    );
  const mask = new Uint8Array(used);
  if (labels)
    for (let i = 1; i < used; i++) {
      const label = slice(labels)[i]!;
      if (label === IGNORED) continue;
      if (label !== ids[i])
        throw inputError(
          path,
          'labels',
          `must equal input_ids or be ${IGNORED}; row ${row}, token ${i} doesn't`,
        );
      mask[i] = 1;
    }
  return { ids: Uint32Array.from(ids), mask };
}

function inputError(file: string, what: string, problem: string): UserError {
  return new UserError('probe-input', `${what} ${problem}.`, { place: { file, what } });
}
