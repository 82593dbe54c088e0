/** @file What a gradient rule is: a formula in the builder's words, one lazy entry an input. */
import type { Attributes, Inputs, OpName, Value } from '../graph/ir.ts';
import type { Op } from '../graph/ops.ts';

export interface RuleContext<O extends OpName> {
  readonly op: Op;
  /** Gradient of the loss by the output, same shape as the output. */
  readonly dy: Value;
  /** The output itself. */
  readonly y: Value;
  readonly x: Inputs<O>;
  readonly a: Attributes<O>;
}

/** Builds the gradient by one input; null where the input has none (an index). Built only when something needs it. */
export type Slope = (() => Value) | null;

/** The result may have the shape of the broadcast operands: `backward` sums it down to the input's own shape. */
export type Rule<O extends OpName> =
  | { readonly noGradient: string }
  | ((
      context: RuleContext<O>,
    ) => Inputs<O> extends readonly Value[] ? readonly Slope[] : { readonly [K in keyof Inputs<O>]: Slope });

/** Every operator of the vocabulary has a rule or a stated reason why not; a missing one doesn't compile. */
export type Rules = { readonly [O in OpName]: Rule<O> };
