/** @file The page of compared runs: what changed in words, groups with their seeds, curves over one axis, every difference. */
import * as l10n from '@vscode/l10n';
import type { ComparedAnswers, ComparedSample, Comparison } from '../../runtime/contract/api/compare.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { button, linkButton } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import { Plot } from '../common/plot.ts';
import { PlotGroup } from '../common/plotGroup.ts';
import { renew } from '../common/renew.ts';
import { answerTable } from './answers.ts';
import { comparisonCsv } from './csv.ts';
import { curvePlots, fullRange } from './curves.ts';
import type { Look, RunStates } from './curves.ts';
import { LazyDetails } from './lazyDetails.ts';
import type { SavedFile } from './protocol.ts';
import { differenceTable, equalCount, equalTable, groupTable, sampleTable, scrolling } from './tables.ts';

export interface CompareActions {
  readonly look: Look;
  readonly looksDifferent: (look: Look) => void;
  readonly save: (file: SavedFile) => void;
  readonly open: (folder: string) => void;
  readonly samples: (folders: readonly string[]) => Promise<readonly ComparedSample[]>;
  readonly answers: (folders: readonly string[]) => Promise<readonly ComparedAnswers[]>;
}

function titleOf(runs: number, groups: number): string {
  if (groups !== runs)
    return groups === 1
      ? l10n.t('Compare {0} runs in 1 group', formatCount(runs))
      : l10n.t('Compare {0} runs in {1} groups', formatCount(runs), formatCount(groups));
  return runs === 1 ? l10n.t('Compare 1 run') : l10n.t('Compare {0} runs', formatCount(runs));
}

const heights = { validation: 260, training: 260 };

export class CompareView {
  readonly #actions: CompareActions;
  readonly #title = element('h1', { textContent: l10n.t('Compare') });
  readonly #changes = element('ul', { className: 'changes' });
  readonly #groups = element('div');
  readonly #tables = element('div', { className: 'differences' });
  readonly #equal = element('details');
  readonly #answers: LazyDetails;
  readonly #samples: LazyDetails;
  /** Evaluations that the answers in sight are of. */
  #evaluated = '';
  readonly #curves = element('div', { className: 'curves' });
  readonly #smoothing = element('input', { type: 'range', min: '0', max: '0.99', step: '0.01' });
  readonly #group: PlotGroup;
  readonly #plots: Plot[] = [];
  #look: Look;
  #comparison: Comparison | undefined;
  #states: RunStates = new Map();
  /** What tables were built for: curves alone change far more often. */
  #shown = '';

  constructor(parent: HTMLElement, actions: CompareActions) {
    this.#actions = actions;
    this.#look = actions.look;
    this.#group = new PlotGroup({
      snap: (x) => Math.round(x),
      title: (x) => l10n.t('Step {0}', formatCount(x)),
    });
    this.#smoothing.value = String(this.#look.smoothing);
    this.#smoothing.oninput = () => {
      this.#look = { smoothing: this.#smoothing.valueAsNumber };
      actions.looksDifferent(this.#look);
      this.#draw();
    };
    const save = button(
      l10n.t('Export Table'),
      () => {
        if (this.#comparison !== undefined)
          actions.save({ kind: 'table', csv: comparisonCsv(this.#comparison) });
      },
      { secondary: true },
    );
    const smoothing = element('label', { className: 'smoothing' }, [l10n.t('Smoothing'), this.#smoothing]);
    const header = element('header', { className: 'top' }, [
      this.#title,
      element('span', { className: 'space' }),
      smoothing,
      save,
    ]);
    const nothing = (text: string): HTMLElement => element('p', { className: 'note', textContent: text });
    const answersTitle = l10n.t('Answers to held-out rows');
    this.#answers = new LazyDetails(answersTitle, async () => {
      const comparison = this.#comparison!;
      const answers = await actions.answers(comparison.runs.map(({ folder }) => folder));
      return answers.length === 0
        ? nothing(l10n.t('Nothing to show: "training.samples" in a config says how many rows are answered.'))
        : scrolling(answerTable(comparison, answers), answersTitle);
    });
    const samplesTitle = l10n.t('Training rows that differ most');
    this.#samples = new LazyDetails(samplesTitle, async () => {
      const comparison = this.#comparison!;
      const samples = await actions.samples(comparison.runs.map(({ folder }) => folder));
      return samples.length === 0
        ? nothing(
            l10n.t(
              'Nothing to show: the runs learned from different data, or no row was seen by two of them yet.',
            ),
          )
        : scrolling(sampleTable(comparison, samples), samplesTitle);
    });
    parent.replaceChildren(
      header,
      this.#changes,
      this.#groups,
      this.#curves,
      this.#tables,
      this.#equal,
      this.#answers.box,
      this.#samples.box,
    );
  }

  update(comparison: Comparison, states: RunStates): void {
    this.#comparison = comparison;
    this.#states = states;
    const shown = JSON.stringify(comparison);
    if (shown !== this.#shown) this.#showTables(comparison);
    this.#shown = shown;
    const evaluated = JSON.stringify(comparison.runs.map(({ metrics }) => metrics.validation));
    if (evaluated !== this.#evaluated) void this.#answers.refresh();
    this.#evaluated = evaluated;
    this.#draw();
  }

  recolor(): void {
    for (const plot of this.#plots) plot.recolor();
  }

  #showTables(comparison: Comparison): void {
    const { runs, groups, changes } = comparison;
    this.#title.textContent = titleOf(runs.length, groups.length);
    renew(this.#changes, ...changes.map((line) => element('li', { textContent: line })));
    const note = element('p', {
      className: 'note',
      textContent: l10n.t(
        'Means over seeds ± half the 95 % interval (Student’s t). Dashed bars reach beyond the scale.',
      ),
      hidden: groups.length === runs.length,
    });
    renew(this.#groups, scrolling(groupTable(comparison), l10n.t('Groups')), note);
    renew(this.#tables, scrolling(differenceTable(comparison, this.#actions.open), l10n.t('Differences')));
    const equal = equalCount(comparison);
    this.#equal.hidden = equal === 0;
    renew(
      this.#equal,
      element('summary', { textContent: l10n.t('{0} equal in all runs', formatCount(equal)) }),
      scrolling(equalTable(comparison), l10n.t('Equal in all runs')),
    );
  }

  #draw(): void {
    if (this.#comparison === undefined) return;
    const specs = curvePlots(this.#comparison, this.#states, this.#look);
    this.#group.setFull(fullRange(this.#comparison, this.#states));
    for (const [i, spec] of specs.entries()) (this.#plots[i] ??= this.#plot(i)).update(spec);
    // no run has evaluated any more: there is one plot less
    for (const plot of this.#plots.slice(specs.length)) plot.hide();
  }

  #plot(index: number): Plot {
    const save = linkButton(l10n.t('Save'), () => {
      const note = this.#comparison?.changes.join('; ') ?? '';
      this.#actions.save({ kind: 'plot', ...plot.saved(note) });
    });
    const plot: Plot = new Plot(
      this.#curves,
      this.#group,
      index === 0 ? heights.validation : heights.training,
      [save],
    );
    return plot;
  }
}
