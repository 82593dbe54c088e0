/** @file How many numbers an adapter has at one linear, by its method's own parameters: the one place that counts them. */
import type { GraphMethod, LayerShape, MethodOptions } from './method.ts';

export interface LayerNumbers {
  /** What the optimiser changes. */
  readonly trained: number;
  /** Part of the adapter that stays as it starts. */
  readonly frozen: number;
  /** In the adapter's file. */
  readonly stored: number;
}

export const noNumbers: LayerNumbers = { trained: 0, frozen: 0, stored: 0 };

/** `options` are the method's own. */
export function layerNumbers(method: GraphMethod, options: MethodOptions, layer: LayerShape): LayerNumbers {
  const specs = Object.values(method.params(options, layer));
  return specs.reduce<LayerNumbers>((sum, { shape, frozen = false, folded = false }) => {
    const count = shape.reduce((n, size) => n * size, 1);
    return addNumbers(sum, {
      trained: frozen ? 0 : count,
      frozen: frozen ? count : 0,
      stored: folded ? 0 : count,
    });
  }, noNumbers);
}

export function addNumbers(a: LayerNumbers, b: LayerNumbers): LayerNumbers {
  return { trained: a.trained + b.trained, frozen: a.frozen + b.frozen, stored: a.stored + b.stored };
}
