/** @file Exports a LoRAMoE adapter for tools that don't know it: each expert by itself, or all mixed by the gates that data call for. */
import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeFolder } from '../formats/atomicFolder.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { writePeftAdapter } from '../formats/peftWrite.ts';
import type { TensorToWrite } from '../formats/safetensors.ts';
import { writeText } from '../formats/textFile.ts';
import { expertAlone, expertsMixed } from '../methods/expertForms.ts';
import { loramoe } from '../methods/loramoe.ts';
import type { LoramoeOptions } from '../methods/loramoe.ts';
import type { LayerTensors } from '../methods/method.ts';
import { linearsOf } from '../model/adapted.ts';
import { openBase } from '../model/base.ts';
import type { Base } from '../model/decoder.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import type { AdapterModel } from '../model/peftAdapter.ts';
import { Device } from '../ort/device.ts';
import type { TokenRow } from '../train/batch.ts';
import { Engine } from '../train/engine.ts';
import { startValues } from './adapterModel.ts';
import { readRows, tokenizerOf } from './readRows.ts';
import { layerTensors } from './storedAdapter.ts';

export type ExpertForm = 'experts' | 'mixed';

export interface ExportOptions {
  readonly base: string;
  readonly adapter: string;
  /** A folder that does not exist yet. */
  readonly output: string;
  readonly form: ExpertForm;
  /** Rows whose mean gates the mixed form takes. */
  readonly data?: string;
  readonly rows: number;
  readonly length: number;
}

export interface Exported {
  /** Folders that hold an adapter each. */
  readonly folders: readonly string[];
  /** How far gates were from their mean, the largest standard deviation of a linear's expert; 0 means that nothing was lost. */
  readonly spread?: number;
}

/** A layer in the form that its folder had. */
interface Layer {
  readonly path: string;
  readonly stored: LayerTensors;
  readonly options: LoramoeOptions;
}

/** Throws `export-kind` for another adapter, `export-output`, `export-data` and what opening base, adapter and data throws. */
export async function exportExperts(options: ExportOptions): Promise<Exported> {
  const { output, form } = options;
  if (existsSync(output))
    throw new UserError('export-output', 'exists already.', {
      place: { file: output },
      hint: 'Name a folder that does not exist yet.',
    });
  const base = openBase(options.base);
  const peft = openPeftAdapter(options.adapter);
  try {
    if (peft.experts.size === 0)
      throw new UserError('export-kind', 'is no LoRAMoE adapter: it is a plain one already.', {
        place: { file: options.adapter },
      });
    const model = adapterFromPeft(peft, base);
    const layers = layersOf(base, model);
    const folders: string[] = [];
    const scene = { base, layers, dropout: peft.config.dropout };
    if (form === 'mixed') {
      const { gates, spread } = await meanGates(base, model, options);
      await writeFolder(output, (folder) => {
        writeMixed(folder, scene, gates);
      });
      return { folders: [output], spread };
    }
    const { experts } = layers[0]!.options;
    await writeFolder(output, (folder) => {
      for (let k = 0; k < experts; k++) {
        mkdirSync(join(folder, `expert_${k}`));
        writePlain(join(folder, `expert_${k}`), scene, ({ stored }) => expertAlone(stored, k), 1);
        folders.push(join(output, `expert_${k}`));
      }
    });
    return { folders };
  } finally {
    peft.close();
    base.tensors.close();
  }
}

function layersOf({ spec }: Base, { adapted, values }: AdapterModel): Layer[] {
  return linearsOf(spec).flatMap((linear) => {
    const attachment = adapted.linears.get(linear.path);
    if (!attachment) return [];
    const specs = attachment.method.params(attachment.options, linear);
    const shapes = new Map(
      Object.values(specs).map(({ tensor, shape }) => [`${linear.path}.${tensor}`, shape]),
    );
    const tensors = layerTensors(attachment, linear, (name) => ({
      shape: shapes.get(name)!,
      data: values(name)!,
    }));
    const options = attachment.options as LoramoeOptions;
    return [{ path: linear.path, stored: loramoe.stored(tensors, options, linear).tensors, options }];
  });
}

interface Scene {
  readonly base: Base;
  readonly layers: readonly Layer[];
  readonly dropout: number;
}

/** A plain adapter of `times` the rank and alpha. */
function writePlain(
  folder: string,
  { base, layers, dropout }: Scene,
  form: (layer: Layer) => LayerTensors,
  times: number,
): void {
  const linears = linearsOf(base.spec);
  const [{ options }] = layers as [Layer, ...Layer[]];
  const differing = (key: 'rank' | 'alpha'): Record<string, number> =>
    Object.fromEntries(
      layers
        .filter((layer) => layer.options[key] !== options[key])
        .map((layer) => [layer.path, times * layer.options[key]]),
    );
  const tensors: TensorToWrite[] = layers.flatMap((layer) =>
    Object.entries(form(layer)).map(([ending, tensor]) => ({
      name: `${layer.path}.${ending}`,
      dtype: 'F32' as const,
      ...tensor,
    })),
  );
  writePeftAdapter(folder, {
    base: base.name,
    ...(base.revision !== undefined && { revision: base.revision }),
    rank: times * options.rank,
    alpha: times * options.alpha,
    dropout,
    rankStabilized: false,
    fanInFanOut: linears.some(
      ({ path, transposed }) => transposed && layers.some((one) => one.path === path),
    ),
    targets: layers.map(({ path }) => path),
    linears: linears.map(({ path }) => path),
    rankPattern: differing('rank'),
    alphaPattern: differing('alpha'),
    modulesToSave: [],
    tensors,
  });
}

/** Mean gates of each layer, [experts]. */
type Gates = ReadonlyMap<string, Float64Array>;

function writeMixed(folder: string, scene: Scene, gates: Gates): void {
  const { experts } = scene.layers[0]!.options;
  writePlain(
    folder,
    scene,
    ({ path, stored, options }) => expertsMixed(stored, options, gates.get(path)!),
    experts,
  );
  writeText(
    join(folder, 'README.md'),
    [
      '# A LoRAMoE adapter with constant gates',
      '',
      'Lossy: the router of the original decides for each token; here every token gets the mean of its gates over calibration rows.',
      '',
    ].join('\n'),
  );
}

/** Token means of the routing over the first rows, and how far single rows are from them. */
async function meanGates(
  base: Base,
  { adapted, values }: AdapterModel,
  { data, rows: most, length }: ExportOptions,
): Promise<{ gates: Gates; spread: number }> {
  if (data === undefined)
    throw new UserError('export-data', 'constant gates are the mean over rows: name a file of them.', {
      place: { what: '--data' },
    });
  const { rows } = await readRows(base, tokenizerOf(base), {
    file: data,
    length,
    most,
    trainOn: 'all',
  });
  await using device = new Device({ provider: 'cpu', threads: availableParallelism() });
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  using engine = new Engine(base, adapted, { device, policy: 'low', span: 1, headRows: 16, longest });
  await startValues(await engine.model.parameters(), values, 0);
  const shares = new Map<string, Float32Array[]>();
  for (const row of rows) {
    const { observed } = await engine.accumulate([row], { token: 0, auxiliary: 0 }, true);
    for (const [name, value] of observed) {
      if (!name.endsWith('.routing')) continue;
      const path = name.slice(0, -'.routing'.length);
      shares.set(path, [...(shares.get(path) ?? []), value.data]);
    }
  }
  return summarise(shares, rows);
}

/** Rows weigh by their tokens. */
function summarise(
  shares: ReadonlyMap<string, readonly Float32Array[]>,
  rows: readonly TokenRow[],
): { gates: Gates; spread: number } {
  const weights = rows.map(({ ids }) => ids.length);
  const total = weights.reduce((sum, n) => sum + n, 0);
  const gates = new Map<string, Float64Array>();
  let spread = 0;
  for (const [path, each] of shares) {
    const mean = Float64Array.from(each[0]!, (_, k) =>
      each.reduce((sum, gate, row) => sum + (weights[row]! / total) * gate[k]!, 0),
    );
    gates.set(path, mean);
    mean.forEach((centre, k) => {
      const variance = each.reduce(
        (sum, gate, row) => sum + (weights[row]! / total) * (gate[k]! - centre) ** 2,
        0,
      );
      spread = Math.max(spread, Math.sqrt(variance));
    });
  }
  return { gates, spread };
}
