/** @file Variants that say nothing of their own: equal to the file, or to each other. */
import { isDeepStrictEqual } from 'node:util';
import type { CheckedConfig } from './check.ts';
import { fix } from './finding.ts';
import type { Finding } from './finding.ts';

type NamedView = CheckedConfig & { readonly variant?: string };

/** One finding for each variant whose resolved config another view has already. */
export function variantFindings(views: readonly NamedView[]): Finding[] {
  return views.flatMap((view, i): Finding[] => {
    const { variant, config } = view;
    if (variant === undefined || config === undefined) return [];
    const same = views.slice(0, i).find((other) => isDeepStrictEqual(other.config, config));
    if (same === undefined) return [];
    const at = view.variantAt(variant);
    const other = same.variant;
    return [
      {
        severity: 'warning',
        code: other === undefined ? 'variant-unchanged' : 'variant-equal',
        message:
          other === undefined
            ? `The variant "${variant}" changes nothing: its run would be the file's own again.`
            : `The variant "${variant}" is the same as "${other}": one run would be the other again.`,
        at,
        fixes: [fix('Remove it', { kind: 'remove', at })],
        ...(other === undefined
          ? {}
          : { related: [{ message: 'The other variant', at: view.variantAt(other) }] }),
      },
    ];
  });
}
