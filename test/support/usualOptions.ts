/** @file A method's options as a config with nothing but these keys gives them. */
import { methodKeys } from '../../runtime/config/options.ts';
import type { KnownMethod } from '../../runtime/config/options.ts';
import type { MethodConfig } from '../../runtime/contract/config.ts';
import type { AdapterMethod, MethodOptions } from '../../runtime/methods/method.ts';

/** The method's keys with their defaults. */
export function usualMethod(method: KnownMethod, changes: Partial<MethodConfig> = {}): MethodConfig {
  const known = methodKeys(method.kind, [method]);
  const defaults = Object.entries(known).map(([key, spec]) => [
    key,
    'default' in spec ? spec.default : undefined,
  ]);
  return { ...(Object.fromEntries(defaults) as unknown as MethodConfig), kind: method.kind, ...changes };
}

export function usualOptions(method: AdapterMethod, changes: Partial<MethodConfig> = {}): MethodOptions {
  const config = usualMethod(method, changes);
  const { rank, alpha = rank } = config;
  return method.layerOptions(config, { rank, alpha }, { optimizer: 'adamw' });
}
