/** @file Second moments of a linear's inputs as an adapter that adds nothing: its "parameter" accumulates X^T X over tokens. */
import type { GraphMethod } from '../method.ts';

/** X^T X, [inputs, inputs], over the tokens of all rows; the token that ends the list doesn't count. */
export const inputMoments: GraphMethod = {
  kind: 'input moments',
  params: (_options, { inputs }) => ({
    H: { tensor: 'moments', shape: [inputs, inputs], init: 'zeros', decays: false },
  }),
  apply: ({ op, x, y, side }, { H }) => {
    const present = side.present();
    return op.stated(y, [y, H!], (dy) => [dy, op.matmul(op.mul(x, present), x, { transA: true })]);
  },
};
