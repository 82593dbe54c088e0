/** @file What a person is asked before a sweep: variants, seeds, how many at a time. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { withoutIcons } from '../common/plainText.ts';
import { isSeeds, parallelChoices } from './words.ts';

export interface Choices {
  readonly variants: readonly string[];
  readonly seed: number;
  readonly threads: number;
}

interface VariantItem extends vscode.QuickPickItem {
  /** Undefined: the file as it is. */
  readonly variant: string | undefined;
}

/** The command line's words; undefined where the person left a question unanswered. */
export async function askSweep({ variants, seed, threads }: Choices): Promise<string[] | undefined> {
  const title = l10n.t('Sweep Variants × Seeds');
  const items: VariantItem[] = [
    { label: 'base', description: l10n.t('the file as it is'), variant: undefined, picked: true },
    ...variants.map((variant) => ({ label: withoutIcons(variant), variant, picked: true })),
  ];
  const picked = await vscode.window.showQuickPick<VariantItem>(items, {
    title: `${title} (1/3)`,
    canPickMany: true,
    placeHolder: l10n.t('Variants to train'),
  });
  if (picked === undefined || picked.length === 0) return undefined;
  const seeds = await vscode.window.showInputBox({
    title: `${title} (2/3)`,
    prompt: l10n.t('How many seeds, or which: 3 means {0}', [0, 1, 2].map((i) => seed + i).join(', ')),
    value: '2',
    validateInput: (text) =>
      isSeeds(text) ? undefined : l10n.t('A whole number, or a list of them with commas between.'),
  });
  if (seeds === undefined) return undefined;
  const parallel = await vscode.window.showQuickPick(
    parallelChoices(threads).map((count) => ({
      label: String(count),
      description:
        count === 1
          ? l10n.t('one after the other; base and data are loaded once')
          : l10n.t('{0} threads each; each loads the base', Math.floor(threads / count)),
      count,
    })),
    { title: `${title} (3/3)`, placeHolder: l10n.t('Runs at the same time') },
  );
  if (parallel === undefined) return undefined;
  return [
    ...picked.flatMap(({ variant }) => ['--variant', variant ?? 'base']),
    '--seeds',
    seeds.replaceAll(' ', ''),
    '--parallel',
    String(parallel.count),
  ];
}
