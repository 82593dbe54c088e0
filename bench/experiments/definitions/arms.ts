/** @file Methods as experiments compare them, at equal rank. Their rates are grids of factor 2.5 around what each is known to like. */
import type { Arm, Rates } from '../experiment.ts';

export const grid = (first: number, count = 5, extend = 2): Rates => ({ first, factor: 2.5, count, extend });

type Choices = Partial<Pick<Arm, 'rateOf' | 'training' | 'cost' | 'device'>>;

const arm = (name: string, method: Arm['method'], rates: Rates, choices: Choices = {}): Arm => ({
  name,
  method: { targets: 'all-linear', ...method },
  rates,
  ...choices,
});

/** Plain LoRA and what it is compared with in LoRA-GA's paper: alpha 16 throughout (its section 4). */
export const lora = (rank: number, rates = grid(8e-4)): Arm =>
  arm('LoRA', { kind: 'lora', rank, alpha: 16 }, rates);
export const rsLora = (rank: number, rates = grid(3.2e-4)): Arm =>
  arm('rsLoRA', { kind: 'lora', rank, alpha: 16, rankStabilized: true }, rates);
export const loraPlus = (rank: number, rates = grid(1.28e-4)): Arm =>
  arm('LoRA+', { kind: 'lora', rank, alpha: 16, loraPlus: 16 }, rates);
export const dora = (rank: number, rates = grid(8e-4)): Arm =>
  arm('DoRA', { kind: 'dora', rank, alpha: 16 }, rates, { cost: 1.2 });
export const pissa = (rank: number, rates = grid(8e-4)): Arm =>
  arm('PiSSA', { kind: 'lora', rank, alpha: 16, init: 'pissa' }, rates, { cost: 1.1 });
export const loraGa = (rank: number, rates = grid(1.28e-4)): Arm =>
  arm('LoRA-GA', { kind: 'lora', rank, alpha: 16, init: 'lora-ga', rankStabilized: true }, rates, {
    cost: 1.2,
  });

/** The same method with other options under another name. */
export const changed = (from: Arm, name: string, options: Arm['method'], choices: Choices = {}): Arm => ({
  ...from,
  name,
  method: { ...from.method, ...options },
  ...choices,
});

export const of = arm;
