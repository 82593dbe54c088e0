/** @file Below the plots: what a run was evaluated on, made with and made from. Each tab draws itself from what there is. */
import * as l10n from '@vscode/l10n';
import type { RunTexts } from '../../runtime/contract/api/runDetails.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { linkButton, tabs } from '../common/controls.ts';
import type { Tabs } from '../common/controls.ts';
import { element, table } from '../common/elements.ts';
import { renew } from '../common/renew.ts';
import type { Samples } from '../../runtime/contract/run.ts';
import type { RunState } from '../common/runState.ts';
import { evaluationTable } from './evaluationTable.ts';
import { dataFacts, methodPanels } from './facts.ts';
import type { Panel } from './facts.ts';
import { MethodFacts } from './methodFacts.ts';
import { SamplesTab } from './samples.ts';

export interface TabActions {
  readonly show: (what: 'config' | 'folder' | 'log' | 'adapter' | 'data') => void;
  readonly saveMetrics: () => void;
  /** A tab that needs the run's texts was opened. */
  readonly texts: () => void;
  /** The tab of samples was opened, or an evaluation has come while it is open. */
  readonly samples: () => void;
  readonly selected: (index: number) => void;
}

/** Index of the tab that shows them. */
const samplesTab = 1;

function factList(rows: Panel['rows']): HTMLElement {
  const list = element('dl', { className: 'list' });
  for (const [name, value] of rows)
    list.append(element('dt', { textContent: name }), element('dd', { textContent: value }));
  return list;
}

const section = ({ title, rows, note }: Panel): HTMLElement => {
  const box = element('section', {}, [element('h2', { textContent: title }), factList(rows)]);
  if (note !== undefined) box.append(element('p', { className: 'note', textContent: note }));
  return box;
};

const empty = (text: string): HTMLElement => element('p', { className: 'empty', textContent: text });

export class RunTabs {
  readonly #tabs: Tabs;
  readonly #actions: TabActions;
  readonly #evaluation = element('div');
  readonly #samples = new SamplesTab();
  readonly #methodFacts = new MethodFacts();
  readonly #method = element('div', { className: 'sections' });
  readonly #config = element('div');
  readonly #data = element('div', { className: 'sections' });
  readonly #log = element('div');
  #texts: RunTexts | undefined;
  #shownEvaluations = -1;
  #index = 0;
  /** Which answers there were at the last look. */
  #answered = '';

  constructor(actions: TabActions) {
    this.#actions = actions;
    this.#tabs = tabs(
      [
        { title: l10n.t('Evaluation'), content: this.#evaluation },
        { title: l10n.t('Samples'), content: this.#samples.element },
        {
          title: l10n.t('Method'),
          content: element('div', {}, [this.#methodFacts.element, this.#method]),
        },
        { title: l10n.t('Config'), content: this.#config },
        { title: l10n.t('Data'), content: this.#data },
        { title: l10n.t('Log'), content: this.#log },
      ],
      (index) => {
        this.#index = index;
        actions.selected(index);
        this.#ask();
      },
    );
  }

  get element(): HTMLElement {
    return this.#tabs.box;
  }

  select(index: number): void {
    this.#index = index;
    this.#tabs.select(index);
    this.#ask();
  }

  /** What the open tab needs; a log grows, so that each look reads its end anew. */
  #ask(): void {
    if (this.#index === samplesTab) this.#actions.samples();
    else if (this.#index > 0) this.#actions.texts();
  }

  update(summary: RunSummary, state: RunState): void {
    this.#showEvaluations(state);
    this.#methodFacts.update(state.method);
    if (this.#index > samplesTab) this.#showTexts(summary, state);
    // the base has answered before the first step, the adapter before each evaluation is told
    const answered = `${state.evaluations.length} ${state.steps.step.length > 0}`;
    if (this.#index === samplesTab && answered !== this.#answered) this.#actions.samples();
    this.#answered = answered;
  }

  /** Whether what lies in the run's folder can be opened: not once the run is deleted. */
  allowOpening(allowed: boolean): void {
    this.element.classList.toggle('closed', !allowed);
  }

  setSamples(samples: Samples | undefined): void {
    this.#samples.show(samples);
  }

  setTexts(texts: RunTexts, summary: RunSummary, state: RunState): void {
    this.#texts = texts;
    this.#showTexts(summary, state);
    this.#config.replaceChildren(
      element('p', { className: 'actions opening' }, [
        linkButton(l10n.t('Open'), () => {
          this.#actions.show('config');
        }),
      ]),
      this.#text(texts.config, l10n.t('Config as it was when the run began')),
    );
    this.#log.replaceChildren(
      element('p', { className: 'actions opening' }, [
        linkButton(l10n.t('Open whole log'), () => {
          this.#actions.show('log');
        }),
      ]),
      this.#text(texts.log, l10n.t('End of the log')),
    );
  }

  /** Scrolls by keyboard too. */
  #text(text: string, label: string): HTMLElement {
    const box = element('pre', { textContent: text, tabIndex: 0 });
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', label);
    return box;
  }

  #showEvaluations({ evaluations }: RunState): void {
    if (evaluations.length === this.#shownEvaluations) return;
    this.#shownEvaluations = evaluations.length;
    const save = element('p', { className: 'actions' }, [
      linkButton(l10n.t('Save metrics as CSV'), this.#actions.saveMetrics),
    ]);
    if (evaluations.length === 0) {
      renew(
        this.#evaluation,
        save,
        empty(
          l10n.t(
            'No evaluation yet. "data.validation" and "training.evaluateEvery" in the config say on what and when.',
          ),
        ),
      );
      return;
    }
    const { columns, rows } = evaluationTable(evaluations);
    renew(this.#evaluation, save, table(l10n.t('Evaluations'), columns, rows));
  }

  #showTexts(summary: RunSummary, state: RunState): void {
    const resolved = this.#texts?.resolved;
    const panels = methodPanels(summary, state, this.#texts);
    renew(this.#method, ...panels.map(section));
    renew(
      this.#data,
      element('p', { className: 'actions opening' }, [
        linkButton(l10n.t('Open training file'), () => {
          this.#actions.show('data');
        }),
      ]),
      ...dataFacts(summary, state, resolved).map(section),
    );
  }
}
