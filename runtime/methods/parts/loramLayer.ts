/** @file A layer under LoRAM and QLoRAM: plain LoRA or ALLoRA, on whatever is left of the base's weight. */
import type { MethodConfig } from '../../contract/config.ts';
import type { Keys } from '../../contract/optionSpec.ts';
import { allora } from '../allora.ts';
import { lora } from '../lora.ts';
import type { AdapterMethod, MethodOptions } from '../method.ts';
import { dropoutKey, scaleKeys } from './lowRank.ts';
import { smallerBaseConflicts, smallerBaseKeys } from './smallerBaseKeys.ts';

/** The inner method's own options, and which it is. */
export interface LoramOptions extends MethodOptions {
  readonly adapter: 'lora' | 'allora';
}

const innerOf = ({ adapter }: LoramOptions): AdapterMethod => (adapter === 'allora' ? allora : lora);

export const loramKeys = {
  ...scaleKeys,
  ...dropoutKey,
  ...smallerBaseKeys,
  adapter: {
    type: 'string',
    default: 'lora',
    oneOf: ['lora', 'allora'],
    doc: 'What is trained on the smaller base: LoRA, or ALLoRA, whose row factors live on the rows that are left.',
  },
  eta: allora.keys['eta']!,
  adamRate: allora.keys['adamRate']!,
} as const satisfies Keys;

/** All that belongs to a layer; what differs between the two methods is how the base is kept. */
export const loramLayer: Pick<
  AdapterMethod<LoramOptions>,
  'layerOptions' | 'scale' | 'params' | 'apply' | 'stored' | 'facts' | 'conflicts'
> = {
  layerOptions: (config, target, training) => {
    const adapter = config['adapter'] as LoramOptions['adapter'];
    return { ...innerOf({ adapter, rank: 1, alpha: 1 }).layerOptions(config, target, training), adapter };
  },
  scale: (options) => innerOf(options).scale(options),
  params: (options, layer) => innerOf(options).params(options, layer),
  apply: (context, params, options) => innerOf(options).apply(context, params, options),
  stored: (tensors, options, layer) => innerOf(options).stored(tensors, options, layer),
  facts: (tensors, options) => innerOf(options).facts?.(tensors, options) ?? {},
  conflicts: (config: MethodConfig) => smallerBaseConflicts(config),
};
