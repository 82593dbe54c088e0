/** @file What the page of a range test and the extension say to each other. */

export interface RateCurve {
  /** Rate and loss, rates ascending. */
  readonly points: readonly (readonly [rate: number, loss: number])[];
  readonly suggestion?: number;
  readonly best?: number;
  readonly diverged?: number;
}

export type RatePageApi = {
  readonly 'rate/load': { readonly params: null; readonly result: RateCurve };
  /** Asks the person where to; false where they chose nothing. */
  readonly 'rate/save': {
    readonly params: {
      readonly kind: 'plot';
      readonly title: string;
      readonly svg: string;
      readonly png: string;
    };
    readonly result: boolean;
  };
};
