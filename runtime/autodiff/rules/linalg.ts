/** @file Gradients of matrix products: each factor's gradient is again one product, transposes folded into its flags. */
import type { Value } from '../../graph/ir.ts';
import type { Op } from '../../graph/ops.ts';
import type { Rules } from '../rule.ts';

interface ProductContext {
  readonly op: Op;
  readonly dy: Value;
  readonly x: { readonly A: Value; readonly B: Value };
  readonly a: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
}

/** y = alpha A' B':  dA' = alpha dy B'^T,  dB' = alpha A'^T dy, each transposed back where the operand came transposed. */
function product({ op, dy, x, a: { transA, transB, alpha } }: ProductContext): {
  A: () => Value;
  B: () => Value;
} {
  return {
    A: () =>
      transA
        ? op.matmul(x.B, dy, { transA: transB, transB: true, alpha })
        : op.matmul(dy, x.B, { transB: !transB, alpha }),
    B: () =>
      transB
        ? op.matmul(dy, x.A, { transA: true, transB: transA, alpha })
        : op.matmul(x.A, dy, { transA: !transA, alpha }),
  };
}

export const linalg = {
  MatMul: (context) => product(context),
  Dequantize: { noGradient: 'codes are frozen; what is trained stands beside them' },
  Gemm: (context) => ({ ...product(context), C: () => context.dy }),
} satisfies Partial<Rules>;
