/** @file An adapter to continue from, against its base: headers only, and what `train` would refuse. */
import { UserError } from '../contract/errors.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { layerNumbers } from '../methods/layerNumbers.ts';
import { elementCount } from '../model/adapted.ts';
import type { Adapter } from '../model/adapted.ts';
import { adapterFromPeft, requireKind, requireTrainable } from '../model/peftAdapter.ts';
import { adapterSummary } from './baseShape.ts';
import type { AdapterSummary, Places } from './baseShape.ts';
import type { OpenedBase } from './bases.ts';
import type { Finding } from './finding.ts';

export interface Continued {
  readonly findings: readonly Finding[];
  readonly summary?: AdapterSummary;
  readonly adapted?: Adapter;
}

export function checkContinued(
  folder: string,
  kind: string,
  { spec, tensors, shape }: OpenedBase,
  { at }: Places,
): Continued {
  try {
    const peft = openPeftAdapter(folder);
    try {
      requireTrainable(peft);
      const { adapted } = adapterFromPeft(peft, { spec, tensors });
      requireKind(peft, adapted, kind);
      const linears = new Map(shape.linears.map((linear) => [linear.path, linear]));
      const targets = [...adapted.linears].map(([path, { method, options }]) => {
        const { rank, alpha } = options;
        const numbers = layerNumbers(method, options, linears.get(path)!);
        return { path, rank, alpha, scale: method.scale(options), ...numbers };
      });
      const saved = [...peft.saved.values()].reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
      return { findings: [], summary: adapterSummary(shape, targets, saved), adapted };
    } finally {
      peft.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = `This adapter can't be continued: ${error.place.what === undefined ? 'it ' : ''}${error.message}`;
    const place = at(['method', 'from']);
    return { findings: [{ severity: 'error', code: error.code, message, hint: error.hint, at: place }] };
  }
}
