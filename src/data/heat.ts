/** @file The loss of a token in words. */
import * as l10n from '@vscode/l10n';
import { formatNumber } from '../../runtime/contract/format.ts';

export interface TokenLoss {
  /** UTF-16 units of the line, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** Negative logarithm of the probability that the model gave the token, in nats. */
  readonly loss: number;
}

/** "loss 1.94 · 14 % probable" */
export function heatText(loss: number): string {
  const percent = 100 * Math.exp(-loss);
  const share = percent >= 10 ? percent.toFixed(0) : percent.toPrecision(2);
  return l10n.t('loss {0} · {1} % probable', formatNumber(loss), share);
}
