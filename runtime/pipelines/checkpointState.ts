/** @file What a checkpoint holds beside its marker, and how a run takes it up again, bit for bit. */
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import { SafetensorsFile, writeSafetensors } from '../formats/safetensors.ts';
import { writeText } from '../formats/textFile.ts';
import { elementCount } from '../model/adapted.ts';
import type { Checkpoint } from '../runs/checkpoint.ts';
import { runFiles } from '../runs/names.ts';
import type { LoopState } from '../train/loop.ts';
import type { Parameters } from '../train/parameters.ts';
import type { Updater } from '../train/update.ts';
import { writeAdapterInto } from './adapterFiles.ts';
import type { AdapterToWrite } from './adapterFiles.ts';
import { namedTensors } from './adapterModel.ts';

/** Files of a checkpoint beside the adapter's own. */
const OPTIMIZER_FILE = 'optimizer.safetensors';
const STATE_FILE = 'state.json';

/** Fills a checkpoint's folder: adapter, optimiser state and progress; no pickle, nothing that depends on this machine. */
export async function saveState(
  folder: string,
  adapter: AdapterToWrite,
  updater: Updater,
  state: LoopState,
  trainerState: string,
): Promise<void> {
  await writeAdapterInto(folder, adapter);
  const tensors = [];
  for (const vector of updater.state)
    for (const { name, shape, data } of await namedTensors(adapter.parameters, vector))
      tensors.push({ name: `${vector}.${name}`, dtype: 'F32' as const, shape, data });
  writeSafetensors(join(folder, OPTIMIZER_FILE), tensors);
  writeText(join(folder, STATE_FILE), `${JSON.stringify(state, null, 2)}\n`);
  writeText(join(folder, runFiles.trainerState), trainerState);
}

/** Values of all parameters from an adapter's folder. */
export async function loadValues(folder: string, parameters: readonly Parameters[]): Promise<void> {
  const file = SafetensorsFile.open(join(folder, 'adapter_model.safetensors'));
  try {
    for (const part of parameters)
      await fill(part, 'values', (name) => file.readFloat32(`base_model.model.${name}`));
  } finally {
    file.close();
  }
}

/** Takes a checkpoint up. Throws a `UserError` where a file of it is damaged. */
export async function restoreState(
  { path: folder, step }: Checkpoint,
  parameters: readonly Parameters[],
  updater: Updater,
): Promise<LoopState> {
  await loadValues(folder, parameters);
  const optimizer = SafetensorsFile.open(join(folder, OPTIMIZER_FILE));
  try {
    for (const part of parameters)
      for (const vector of updater.state)
        await fill(part, vector, (name) => optimizer.readFloat32(`${vector}.${name}`));
  } finally {
    optimizer.close();
  }
  return readState(join(folder, STATE_FILE), step);
}

function readState(file: string, step: number): LoopState {
  const state = readJsonObject(file);
  const best = state['best'] ?? {};
  const counts = [state['waited'], ...(Object.values(best) as unknown[])];
  if (state['step'] === step && counts.every((count) => Number.isFinite(count)))
    return state as unknown as LoopState;
  throw new UserError('checkpoint-damaged', `is not the progress of step ${step}.`, { place: { file } });
}

async function fill(part: Parameters, vector: string, read: (name: string) => Float32Array): Promise<void> {
  const data = new Float32Array(part.size);
  for (const { name, offset, shape } of part.layout.entries) {
    const values = read(name);
    if (values.length !== elementCount(shape))
      throw new UserError('checkpoint-damaged', `holds ${vector} of another size for ${name}.`);
    data.set(values, offset);
  }
  await part.write(vector, data);
}
