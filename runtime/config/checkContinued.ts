/** @file An adapter to continue from, against its base: headers only, and what `train` would refuse. */
import { UserError } from '../contract/errors.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { elementCount } from '../model/adapted.ts';
import type { Adapter } from '../model/adapted.ts';
import { adapterFromPeft, requireKind, requireTrainable } from '../model/peftAdapter.ts';
import type { AdapterSummary, Places } from './baseShape.ts';
import type { OpenedBase } from './bases.ts';
import { withAdapterClasses } from '../model/adapterClasses.ts';
import type { Finding } from './finding.ts';

export interface Continued {
  readonly findings: readonly Finding[];
  readonly summary?: AdapterSummary;
  readonly adapted?: Adapter;
}

export function checkContinued(folder: string, kind: string, base: OpenedBase, { at }: Places): Continued {
  const { shape } = base;
  try {
    const peft = openPeftAdapter(folder);
    try {
      requireTrainable(peft);
      const { adapted } = adapterFromPeft(peft, withAdapterClasses(base, peft));
      requireKind(peft, adapted, kind);
      const linears = new Map(shape.linears.map((linear) => [linear.path, linear]));
      const targets = [...adapted.linears].map(([path, { method, options }]) => {
        const { rank, alpha } = options;
        return { path, rank, alpha, scale: method.scale(options) };
      });
      const parameters = targets.reduce(
        (sum, { path, rank }) => sum + rank * (linears.get(path)!.inputs + linears.get(path)!.outputs),
        0,
      );
      const saved = [...peft.saved.values()].reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
      const summary = { matched: targets.length, linears: shape.linears.length, parameters, saved, targets };
      return { findings: [], summary, adapted };
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
