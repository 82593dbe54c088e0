/** @file An adapter to continue from, against its base: headers only, and what `train` would refuse. */
import { UserError } from '../contract/errors.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import { layerNumbers } from '../methods/layerNumbers.ts';
import { elementCount } from '../model/adapted.ts';
import type { Adapter } from '../model/adapted.ts';
import { adapterFromPeft, otherMethod, requireKind, requireTrainable } from '../model/peftAdapter.ts';
import { adapterSummary } from './baseShape.ts';
import type { AdapterSummary, Places } from './baseShape.ts';
import type { OpenedBase } from './bases.ts';
import { withAdapterClasses } from '../model/adapterClasses.ts';
import type { CheckedConfig } from './check.ts';
import type { ProposedFix } from './edits.ts';
import { fix } from './finding.ts';
import type { Finding } from './finding.ts';
import { methodKeys } from './options.ts';

export interface Continued {
  readonly findings: readonly Finding[];
  readonly summary?: AdapterSummary;
  readonly adapted?: Adapter;
}

type ContinuedPlaces = Pick<Places, 'at'> & Pick<CheckedConfig, 'gives'>;

export function checkContinued(
  folder: string,
  kind: string,
  base: OpenedBase,
  { at, gives }: ContinuedPlaces,
): Continued {
  const { shape } = base;
  const fixes: ProposedFix[] = [];
  try {
    const peft = openPeftAdapter(folder);
    try {
      requireTrainable(peft);
      const { adapted } = adapterFromPeft(peft, withAdapterClasses(base, peft));
      const other = otherMethod(adapted, kind)?.kind;
      if (other !== undefined && !keysBeyond(kind, other).some((key) => gives('method', key)))
        fixes.push(
          fix(`Change "kind" to "${other}"`, {
            kind: 'put',
            at: at(['method', 'from']),
            path: ['method', 'kind'],
            value: other,
          }),
        );
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
    const { code, hint } = error;
    return { findings: [{ severity: 'error', code, message, hint, at: place, fixes }] };
  }
}

/** Keys that a kind has and another hasn't: they stand in the way of a change from one to the other. */
function keysBeyond(kind: string, other: string): string[] {
  const known = methodKeys(other);
  return Object.keys(methodKeys(kind)).filter((key) => !Object.hasOwn(known, key));
}
