/** @file An engine without a model, for tests of the training loop: losses are what the test says, calls are written down. */
import type { TokenRow } from '../../runtime/train/batch.ts';
import type { Engine, Losses, LossWeights } from '../../runtime/train/engine.ts';

export interface FakeEngine {
  readonly engine: Engine;
  /** Micro-batches that were trained on, with the factor on their losses. */
  readonly trained: {
    readonly rows: readonly TokenRow[];
    readonly weight: LossWeights;
    readonly fresh: boolean;
  }[];
  /** Micro-batches that were only evaluated. */
  readonly evaluated: (readonly TokenRow[])[];
}

/** Each trained token's loss is `lossOf` its id; `norm` is asked once a step. */
export function fakeEngine(lossOf: (id: number) => number, norm: () => number = () => 1): FakeEngine {
  const trained: FakeEngine['trained'] = [];
  const evaluated: FakeEngine['evaluated'] = [];
  const losses = (rows: readonly TokenRow[]): Promise<Losses> => {
    const labelled = rows.flatMap(({ ids, mask }, row) =>
      Array.from(ids, (id, i) => ({ id, row, wanted: i > 0 && mask[i] === 1 })).filter(
        ({ wanted }) => wanted,
      ),
    );
    return Promise.resolve({
      batch: { labelled: { rows: Int32Array.from(labelled, ({ row }) => row) } },
      tokenLoss: Float32Array.from(labelled, ({ id }) => lossOf(id)),
    } as unknown as Losses);
  };
  const engine = {
    spec: {},
    accumulate: (rows: readonly TokenRow[], weight: LossWeights, fresh: boolean) => {
      trained.push({ rows, weight, fresh });
      return losses(rows);
    },
    losses: (rows: readonly TokenRow[]) => {
      evaluated.push(rows);
      return losses(rows);
    },
    get gradientNorm() {
      return norm();
    },
  };
  return { engine: engine as unknown as Engine, trained, evaluated };
}
