/** @file Advice on what an adapter is attached to: entries that add nothing, the head, and the scale that results. */
import { formatCount, formatNumber } from '../contract/format.ts';
import type { AdaptedTarget, BaseShape, Places } from './baseShape.ts';
import { fix } from './finding.ts';
import type { Report } from './finding.ts';
import type { MethodConfig } from '../contract/config.ts';
import { endsInName, isAllLinear } from './targets.ts';
import type { TargetOptions } from './targets.ts';

interface Scene extends Places {
  readonly method: MethodConfig;
  readonly base: BaseShape;
  readonly report: Report;
}

/** alpha / rank that LoRA is used with: published recipes and PEFT's examples lie between 1/8 and 8; twice that is left free. */
const scales = [1 / 16, 16] as const;

export function targetAdvice(scene: Scene, targets: readonly AdaptedTarget[]): void {
  reportContained(scene);
  reportHead(scene, targets);
  reportScale(scene, targets);
  reportIdle(scene);
}

/** A name whose linears another name of the list matches too. */
function reportContained({ method: { targets }, base, report, at }: Scene): void {
  if (typeof targets === 'string') return;
  const hits = targets.map((name) =>
    base.linears.flatMap(({ path }, i) => (endsInName(path, name) ? [i] : [])),
  );
  targets.forEach((name, i) => {
    const own = hits[i]!;
    const holder = targets.findIndex(
      (other, j) =>
        j !== i &&
        other !== name &&
        (hits[j]!.length > own.length || (hits[j]!.length === own.length && j < i)) &&
        own.every((hit) => hits[j]!.includes(hit)),
    );
    if (own.length === 0 || holder < 0) return;
    const place = at(['method', 'targets', i]);
    report({
      severity: 'hint',
      code: 'target-contained',
      message: `Each of the ${own.length} linears that "${name}" matches is matched by "${targets[holder]!}" too.`,
      at: place,
      fixes: [fix('Remove it', { kind: 'remove', at: place })],
      related: [{ message: 'The wider entry', at: at(['method', 'targets', holder]) }],
    });
  });
}

/** An expression that takes the head along, which "all-linear" leaves out. */
function reportHead({ method, base, report, at }: Scene, targets: readonly AdaptedTarget[]): void {
  const spec = method.targets;
  if (typeof spec !== 'string' || isAllLinear(spec)) return;
  const head = targets.find(({ path }) => path === base.head);
  if (head === undefined) return;
  report({
    severity: 'information',
    code: 'target-head',
    message: `The expression matches the head too: ${formatCount(head.trained)} of the adapter's numbers are for ${base.head}.`,
    at: at(['method', 'targets']),
    hint: '"all-linear" leaves it out, as PEFT does.',
    fixes: [fix('Use "all-linear"', { kind: 'set', at: at(['method', 'targets']), value: 'all-linear' })],
  });
}

function reportScale({ method, report, at }: Scene, targets: readonly TargetOptions[]): void {
  const odd = targets.filter(({ scale }) => scale < scales[0] || scale > scales[1]);
  const [first] = odd;
  if (first === undefined) return;
  const usual = 2 * (method.rankStabilized ? Math.round(Math.sqrt(method.rank)) : method.rank);
  const place = at(['method', 'alpha']);
  report({
    severity: 'warning',
    code: 'scale-unusual',
    message: `Alpha ${first.alpha} with rank ${first.rank} scales the update by ${formatNumber(first.scale)}${odd.length < targets.length ? ` (${odd.length} of ${targets.length} linears)` : ''}: ${first.scale > 1 ? 'the first steps are as violent as with a learning rate so many times as high' : 'hardly anything of it arrives'}.`,
    at: place,
    hint: '1 and 2 are usual.',
    fixes: [
      fix(`Change alpha to ${usual}`, { kind: 'put', at: place, path: ['method', 'alpha'], value: usual }),
    ],
  });
}

/** A pattern that gives what the method gives anyway. */
function reportIdle({ method, report, keyAt }: Scene): void {
  const maps = { rankPattern: method.rank, alphaPattern: method.alpha };
  for (const [map, usual] of Object.entries(maps) as [keyof typeof maps, number][])
    for (const [pattern, value] of Object.entries(method[map] ?? {})) {
      if (value !== usual) continue;
      const place = keyAt(['method', map, pattern]);
      report({
        severity: 'hint',
        code: 'pattern-idle',
        message: `"${pattern}" gives ${value}, which these linears have anyway.`,
        at: place,
        fixes: [fix('Remove it', { kind: 'remove', at: place })],
      });
    }
}
