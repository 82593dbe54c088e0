/** @file One weight that does the work of a frozen one and of an adapter in the form it is stored in. */
import type { StoredForm } from './method.ts';
import { addLowRank, loraNames, loraScale } from './parts/lowRank.ts';

/**
 * Turns row `output` of the frozen weight, [inputs], into that of W + s B A, for DoRA of m V / ||V||, in double precision.
 * Biases of the adapter are not its business. The form must be LoRA's or DoRA's.
 */
export function mergeRow(row: Float64Array, output: number, form: StoredForm): void {
  const [A, B] = [form.tensors[loraNames.A]!.data, form.tensors[loraNames.B]!.data];
  addLowRank(row, output, { A, B }, { rank: form.rank, scale: loraScale(form) });
  if (!form.dora) return;
  const norm = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
  const factor = form.tensors['lora_magnitude_vector']!.data[output]! / norm;
  for (let i = 0; i < row.length; i++) row[i]! *= factor;
}
