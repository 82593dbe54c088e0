/** @file Start values of an adapter's tensors, each a pure function of seed and tensor name. */
import type { Initializer } from './method.ts';

/** Fills `data` (row-major, `inputs` numbers a row) from a source of uniform numbers in [0, 1). */
export function fillInitial(
  data: Float32Array,
  init: Initializer,
  inputs: number,
  random: () => number,
): void {
  switch (init) {
    case 'zeros':
      data.fill(0);
      return;
    // the method's start rule fills these in afterwards
    case 'computed':
      data.fill(0);
      return;
    case 'ones':
      data.fill(1);
      return;
    case 'kaiming-uniform': {
      // bound = gain sqrt(3 / fan_in) with gain sqrt(2 / (1 + 5)): sqrt(1 / fan_in)
      const bound = 1 / Math.sqrt(inputs);
      for (let i = 0; i < data.length; i++) data[i] = (2 * random() - 1) * bound;
    }
  }
}
