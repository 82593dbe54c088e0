/** @file What a checkpoint holds beside its marker, and how a run takes it up again, bit for bit. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeFolder } from '../formats/atomicFolder.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import { peftPrefix } from '../formats/expertModules.ts';
import { weightsFile } from '../formats/peftConfig.ts';
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
import { namedTensors, vectorsOf } from './adapterModel.ts';
import { allTensors, isConverted } from './storedAdapter.ts';

/** Files of a checkpoint beside the adapter's own. */
const OPTIMIZER_FILE = 'optimizer.safetensors';
const STATE_FILE = 'state.json';
/** Tensors as the method trains them, where the adapter's own file holds another form of them. */
const NATIVE_FILE = 'method.safetensors';

/** Fills a checkpoint's folder: adapter, optimiser state and progress; no pickle, nothing that depends on this machine. */
export async function saveState(
  folder: string,
  adapter: AdapterToWrite,
  updater: Updater,
  state: LoopState,
  trainerState: string,
): Promise<void> {
  await writeWithNative(folder, adapter);
  const tensors = [];
  for (const vector of updater.state)
    for (const { name, shape, data } of await namedTensors(adapter.trained ?? adapter.parameters, vector))
      tensors.push({ name: `${vector}.${name}`, dtype: 'F32' as const, shape, data });
  writeSafetensors(join(folder, OPTIMIZER_FILE), tensors);
  writeText(join(folder, STATE_FILE), `${JSON.stringify(state, null, 2)}\n`);
  writeText(join(folder, runFiles.trainerState), trainerState);
}

/** Writes the best adapter so far, as `loadValues` reads it. */
export function writeBest(folder: string, adapter: AdapterToWrite): Promise<void> {
  return writeFolder(folder, (temporary) => writeWithNative(temporary, adapter));
}

/** The adapter's folder, and where it is stored in another form than it is trained in, the trained and frozen tensors beside. */
async function writeWithNative(folder: string, adapter: AdapterToWrite): Promise<void> {
  const stored = await writeAdapterInto(folder, adapter);
  if (!adapter.trained && !isConverted(stored, adapter.adapted, adapter.base.spec)) return;
  const tensors = [...(await allTensors(adapter.trained ?? adapter.parameters))];
  writeSafetensors(
    join(folder, NATIVE_FILE),
    tensors.map(([name, tensor]) => ({ name: `${peftPrefix}${name}`, dtype: 'F32' as const, ...tensor })),
  );
}

/** Values of all parameters from a folder that `saveState` or `writeBest` filled. */
export async function loadValues(folder: string, parameters: readonly Parameters[]): Promise<void> {
  const native = join(folder, NATIVE_FILE);
  const file = SafetensorsFile.open(existsSync(native) ? native : join(folder, weightsFile));
  try {
    for (const part of parameters)
      for (const vector of vectorsOf(part))
        await fill(part, vector, (name) => file.readFloat32(`${peftPrefix}${name}`));
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
  const { size, entries } = part.layoutOf(vector);
  const data = new Float32Array(size);
  for (const { name, offset, shape } of entries) {
    const values = read(name);
    if (values.length !== elementCount(shape))
      throw new UserError('checkpoint-damaged', `holds ${vector} of another size for ${name}.`);
    data.set(values, offset);
  }
  await part.write(vector, data);
}
