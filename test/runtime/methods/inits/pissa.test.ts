/** @file PiSSA's start values against their definition, and against those that PEFT wrote. */
import { describe, expect, it } from 'vitest';
import { SafetensorsFile } from '../../../../runtime/formats/safetensors.ts';
import { pissaStart } from '../../../../runtime/methods/inits/pissa.ts';
import { matrix, MatrixError, scaled, transpose } from '../../../../runtime/methods/parts/matrix.ts';
import { product } from '../../../../runtime/methods/parts/products.ts';
import { exactSvd } from '../../../../runtime/methods/parts/svd.ts';
import { diagonal, distance, F1, gaussian, maxError, minus, sources } from '../../../support/matrices.ts';
import { reference } from '../../../support/shared.ts';

describe('PiSSA', () => {
  it.each([1, 0.25, 3])(
    'splits the best rank-r part of the weight evenly, whatever the scale (%d)',
    async (scale) => {
      const { S } = exactSvd(F1.W0, 'W');
      const { A, B } = await pissaStart(F1.W0, { rank: 3, scale }, sources());
      const rest = minus(F1.W0, product(B, A), scale);
      expect(distance(rest, matrix(8, 6))).toBeCloseTo(Math.hypot(...S.slice(3)), 12);
      const shares = diagonal(Array.from(S.slice(0, 3), (s) => s / scale));
      expect(maxError(product(A, A, { b: true }), shares)).toBeLessThan(1e-12);
      expect(maxError(product(B, B, { a: true }), shares)).toBeLessThan(1e-12);
    },
  );

  it('is refused for a weight of zeros, one that is not finite, and a rank beyond it', async () => {
    const options = { rank: 7, scale: 1 };
    await expect(pissaStart(matrix(8, 6), options, sources())).rejects.toThrow(MatrixError);
    await expect(pissaStart(scaled(F1.W0, NaN), options, sources())).rejects.toThrow('the weight holds NaN');
    await expect(pissaStart(F1.W0, options, sources())).rejects.toThrow(
      'the weight of 8 x 6 has no 7 singular vectors',
    );
  });

  it('draws from its sources for large weights', async () => {
    const W = gaussian(140, 130, 'large');
    const start = await pissaStart(W, { rank: 2, scale: 1 }, sources(1));
    expect(await pissaStart(W, { rank: 2, scale: 1 }, sources(1))).toEqual(start);
    expect(await pissaStart(W, { rank: 2, scale: 1 }, sources(2))).not.toEqual(start);
  });
});

const adapter = reference('adapters/pissa/adapter_model.safetensors');
const base = reference('lm/llama/base/model.safetensors');

describe.runIf(adapter !== undefined && base !== undefined)('PEFT’s conversion to rank 2r', () => {
  it('holds our start values, negated, in its second half', async () => {
    const [written, weights] = [SafetensorsFile.open(adapter!), SafetensorsFile.open(base!)];
    const names = [...written.tensors.keys()].filter((name) => name.endsWith('lora_A.weight'));
    expect(names.length).toBe(3 * 7);
    for (const name of names) {
      const layer = name.replace('base_model.model.', '').replace('lora_A.weight', 'weight');
      const shaped = (file: SafetensorsFile, tensor: string): ReturnType<typeof matrix> => {
        const [rows, columns] = file.info(tensor).shape;
        return matrix(rows!, columns!, Float64Array.from(file.readFloat32(tensor)));
      };
      const W = shaped(weights, layer);
      const rank = 4; // alpha 4, so s = 1
      const A0 = shaped(written, name);
      const B0 = transpose(shaped(written, name.replace('lora_A', 'lora_B')));
      const second = ({ columns, data }: typeof A0): typeof A0 =>
        matrix(rank, columns, data.slice(rank * columns));
      const { A, B } = await pissaStart(W, { rank, scale: 1 }, sources());
      const theirs = scaled(product(second(B0), second(A0), { a: true }), -1);
      expect(distance(product(B, A), theirs) / distance(theirs, matrix(W.rows, W.columns))).toBeLessThan(
        2e-5,
      );
    }
    for (const file of [written, weights]) file.close();
  });
});
