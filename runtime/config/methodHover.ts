/** @file What the method at hand is and costs here, in lines: its formula, its name in PEFT, its products a token, where to read on. */
import type { HoverLink } from '../contract/api/config.ts';
import type { MethodConfig } from '../contract/config.ts';
import { formatCount, formatNumber } from '../contract/format.ts';
import { methodOf } from '../methods/index.ts';
import { initialiser, initialisers, initKeys } from '../methods/inits/index.ts';
import type { InitName } from '../methods/inits/index.ts';
import { layerNumbers } from '../methods/layerNumbers.ts';
import type { AdapterMethod } from '../methods/method.ts';
import type { OpenedBase } from './bases.ts';
import type { FullCheck } from './fullCheck.ts';

export interface MethodWords {
  readonly lines: readonly string[];
  readonly links: readonly HoverLink[];
}

/** A method or an initialiser, as hovers speak of it. */
type Described = Pick<AdapterMethod, 'title' | 'paper' | 'doc' | 'formula' | 'peft'> & {
  readonly name: string;
};

const none: MethodWords = { lines: [], links: [] };

/** What a key of `method` is about: the kind, the start values, or one of the two for a key of their own. Nothing of other keys. */
export function methodWords(
  { draft, summary }: Pick<FullCheck, 'draft' | 'summary'>,
  key: string,
  base: OpenedBase | undefined,
): MethodWords {
  if (draft === undefined) return none;
  const { method: config } = draft;
  const method = methodOf(config.kind);
  const what = describedBy(config, key, method);
  if (what === undefined) return none;
  const whole = key === 'kind' || key === 'init';
  const cost = summary && base && productWords(draft, summary, base);
  return {
    lines: [
      ...(whole ? [`${what.title}: ${what.doc}`] : []),
      `${whole ? '' : `${what.title}: `}${what.formula}.`,
      ...(whole && what.peft !== undefined ? [`In PEFT: ${what.peft}.`] : []),
      ...(whole && cost !== undefined ? [cost] : []),
    ],
    links: [
      { kind: 'page', name: what.name, title: what.title },
      { kind: 'paper', arxiv: what.paper.replace('arXiv:', '') },
    ],
  };
}

function describedBy(config: MethodConfig, key: string, method: AdapterMethod): Described | undefined {
  const own: Described = { ...method, name: method.kind };
  if (key === 'kind') return own;
  if (!Object.hasOwn(method.keys, key)) return undefined;
  const init = config['init'];
  const isInit = Object.hasOwn(initKeys, key) && Object.hasOwn(initialisers, String(init));
  if (!isInit) return own;
  const name = init as InitName;
  const start = initialiser(name);
  return { ...start, name, peft: `init_lora_weights = "${start.peft}"` };
}

/**
 * Each number of an adapter's matrices is multiplied once a token; where the base itself was changed, what is kept of the start
 * values takes no part.
 */
function productWords(
  { method: config, training }: NonNullable<FullCheck['draft']>,
  { targets }: NonNullable<FullCheck['summary']>,
  { shape }: OpenedBase,
): string | undefined {
  const method = methodOf(config.kind);
  const shapes = new Map(shape.linears.map((linear) => [linear.path, linear]));
  let [products, plain] = [0, 0];
  for (const target of targets) {
    const options = method.layerOptions(config, target, training);
    const layer = shapes.get(target.path)!;
    const { trained, frozen } = layerNumbers(method, options, layer);
    products += trained + (method.rebase?.(options) === undefined ? frozen : 0);
    plain += target.rank * (layer.inputs + layer.outputs);
  }
  if (plain === 0) return undefined;
  const share = products / plain;
  const than = share === 1 ? 'as many as' : `${formatNumber(share)} times those of`;
  return `${formatCount(products)} products a token beside the base's, ${than} plain LoRA of this rank.`;
}
