/** @file Whether a config's text names the device to train on. */
import { parse } from 'jsonc-parser';

/** Longer texts are refused by the check anyway. In UTF-16 units. */
const longestText = 1 << 20;

const has = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);

/** In the file itself or, where a variant is named, in its overrides; without one in any of them. */
export function namesDevice(text: string, variant?: string): boolean {
  if (text.length > longestText) return false;
  const config = parse(text) as { readonly variants?: Readonly<Record<string, unknown>> } | undefined;
  if (has(config, 'device')) return true;
  const variants = typeof config?.variants === 'object' ? (config.variants ?? {}) : {};
  if (variant !== undefined) return Object.hasOwn(variants, variant) && has(variants[variant], 'device');
  return Object.values(variants).some((overrides) => has(overrides, 'device'));
}
