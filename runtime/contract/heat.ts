/** @file Losses of tokens as steps of one colour ramp: a colour means the same loss in every row, on pages and in editors. */

/** From dark blue to yellow in even steps of lightness (cividis, sampled): also for people who see no red or green. */
export const heatRamp: readonly string[] = [
  '#00224e',
  '#213a6e',
  '#44506c',
  '#61656f',
  '#7f7c75',
  '#a09574',
  '#c5b067',
  '#fee838',
];

/** Loss at which each step but the first begins: 95, 80, 50, 25, 10, 3 and 0.5 % probable. */
const borders = [0.05, 0.22, 0.69, 1.39, 2.3, 3.5, 5.3];

/** Step of the ramp, 0 .. 7; what isn't finite is worst. */
export const heatLevel = (loss: number): number =>
  Number.isFinite(loss) ? borders.filter((border) => loss >= border).length : borders.length;
