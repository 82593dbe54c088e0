/** @file LoRAMoE's experts as plain LoRA: alone, and mixed by constant gates. */
import { expect, it } from 'vitest';
import { expertAlone, expertsMixed } from '../../../runtime/methods/expertForms.ts';
import { loramoe } from '../../../runtime/methods/loramoe.ts';
import { layer, randomParams, storedForm } from '../../support/checkMethod.ts';

const options = {
  rank: 2,
  alpha: 6,
  experts: 3,
  balance: 0,
  split: 0,
  countPadding: false,
};
const { tensors } = storedForm(loramoe, options, randomParams(loramoe, options));
const at = (name: string, i: number): number => tensors[name]!.data[i]!;

/** (B A)[o, i] of a plain adapter. */
function delta(form: ReturnType<typeof expertAlone>, o: number, i: number): number {
  const [A, B] = [form['lora_A.weight']!, form['lora_B.weight']!];
  const rank = A.shape[0]!;
  let sum = 0;
  for (let r = 0; r < rank; r++) sum += B.data[o * rank + r]! * A.data[r * layer.inputs + i]!;
  return sum;
}

it('an expert alone is its own A and B', () => {
  const form = expertAlone(tensors, 1);
  expect(form['lora_A.weight']).toBe(tensors['lora_A1.weight']);
  expect(form['lora_B.weight']).toBe(tensors['lora_B1.weight']);
});

it('mixed by gates they are Σ g_k B_k A_k, at N times the rank', () => {
  const gates = [0.5, 0.3, 0.2];
  const form = expertsMixed(tensors, options, gates);
  expect(form['lora_A.weight']!.shape).toEqual([6, layer.inputs]);
  expect(form['lora_B.weight']!.shape).toEqual([layer.outputs, 6]);
  for (let o = 0; o < layer.outputs; o++)
    for (let i = 0; i < layer.inputs; i++) {
      const sum = gates.reduce((total, gate, k) => total + gate * delta(expertAlone(tensors, k), o, i), 0);
      expect(delta(form, o, i)).toBeCloseTo(sum, 6);
    }
  expect(at('lora_A0.weight', 0)).toBe(form['lora_A.weight']!.data[0]);
});
