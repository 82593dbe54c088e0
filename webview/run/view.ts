/** @file The run's page: headline, diagnosis, plots with the rows of a step beside them, and tabs below. */
import * as l10n from '@vscode/l10n';
import type { RunTexts, StepRows } from '../../runtime/contract/api/runDetails.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { Samples } from '../../runtime/contract/run.ts';
import { formatCount, formatNumber } from '../../runtime/contract/format.ts';
import { lowerBound } from '../common/column.ts';
import { button } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import { emptyRun } from '../common/runState.ts';
import type { RunState } from '../common/runState.ts';
import { Findings } from './findings.ts';
import type { FindingActions } from './findings.ts';
import { headline } from './headline.ts';
import type { Fact } from './headline.ts';
import { RunPlots } from './plots.ts';
import type { PlotsOptions } from './plots.ts';
import { StepPanel } from './stepPanel.ts';
import type { StepPanelActions } from './stepPanel.ts';
import { RunTabs } from './tabs.ts';
import type { TabActions } from './tabs.ts';

export interface Actions
  extends
    Omit<PlotsOptions, 'stepPicked'>,
    Pick<FindingActions, 'showKey'>,
    Pick<StepPanelActions, 'act'>,
    TabActions {
  readonly stop: () => void;
  readonly resume: () => void;
  /** Reads the rows of a step. Rejects with what a person should read. */
  readonly rows: (step: number) => Promise<StepRows>;
}

function factElement({ label, value, note }: Fact, className = 'fact'): HTMLElement {
  const parts = [element('dt', { textContent: label }), element('dd', { textContent: value })];
  if (note !== undefined) parts.push(element('dd', { textContent: note, className: 'note' }));
  return element('div', { className }, parts);
}

export class RunView {
  readonly #title = element('h1');
  readonly #status = element('p', { className: 'status' });
  readonly #stop: HTMLElement;
  readonly #resume: HTMLElement;
  readonly #adapter: HTMLElement;
  /** All that opens something of the run's folder. */
  readonly #buttons: HTMLElement;
  readonly #facts = element('dl', { className: 'facts' });
  readonly #gone = element('p', { className: 'gone', hidden: true });
  readonly #failure = element('p', { className: 'failure', hidden: true });
  readonly #empty = element('p', {
    className: 'empty',
    textContent: l10n.t('The first step is on its way.'),
  });
  readonly #actions: Actions;
  readonly #findings: Findings;
  readonly #plots: RunPlots;
  readonly #step: StepPanel;
  readonly #tabs: RunTabs;
  #state: RunState | undefined;
  /** What findings and tabs are still to be told. */
  #rest: { readonly summary: RunSummary; readonly state: RunState } | undefined;
  #isGone = false;
  /** The step whose rows are shown or on their way. */
  #asked: number | undefined;

  constructor(parent: HTMLElement, actions: Actions) {
    this.#actions = actions;
    this.#stop = button(l10n.t('Stop'), actions.stop);
    this.#resume = button(l10n.t('Resume'), actions.resume);
    const show = (text: string, what: 'config' | 'adapter' | 'folder'): HTMLElement =>
      button(
        text,
        () => {
          actions.show(what);
        },
        { secondary: true },
      );
    this.#adapter = show(l10n.t('Show Adapter'), 'adapter');
    this.#status.setAttribute('role', 'status');
    this.#failure.setAttribute('role', 'alert');
    const stepPicked = (step: number): void => {
      void this.#showStep(step);
    };
    this.#findings = new Findings({ showKey: actions.showKey, showStep: stepPicked });
    this.#plots = new RunPlots({ ...actions, stepPicked });
    this.#step = new StepPanel({
      act: actions.act,
      closed: () => {
        this.#asked = undefined;
      },
    });
    this.#tabs = new RunTabs(actions);
    this.#gone.setAttribute('role', 'status');
    this.#buttons = element('div', { className: 'buttons' }, [
      this.#stop,
      this.#resume,
      this.#adapter,
      show(l10n.t('Open Config'), 'config'),
    ]);
    const header = element('header', { className: 'top' }, [this.#title, this.#status, this.#buttons]);
    const middle = element('div', { className: 'middle' }, [this.#plots.element, this.#step.element]);
    parent.replaceChildren(
      header,
      this.#gone,
      this.#failure,
      this.#facts,
      this.#findings.element,
      this.#empty,
      middle,
      this.#tabs.element,
    );
  }

  /** `isGone`: the run isn't listed any more; what was read of it stays in sight. */
  update(summary: RunSummary, state: RunState, isGone: boolean): void {
    this.#state = state;
    const top = headline(summary, state, isGone);
    this.#title.textContent = top.title;
    // A status that is written anew is read out anew.
    if (this.#status.textContent !== top.status) this.#status.textContent = top.status;
    this.#stop.hidden = !top.canStop;
    this.#resume.hidden = !top.canResume;
    this.#adapter.hidden = summary.record.adapter === undefined;
    this.#showGone(isGone);
    this.#failure.hidden = top.failure === undefined;
    if (this.#failure.textContent !== (top.failure ?? '')) this.#failure.textContent = top.failure ?? '';
    this.#empty.hidden = state.steps.step.length > 0 || !top.canStop;
    this.#facts.replaceChildren(
      factElement(top.loss, 'fact large'),
      ...top.facts.map((fact) => factElement(fact)),
    );
    this.#plots.update(state);
    this.#updateRest(summary, state);
  }

  #showGone(isGone: boolean): void {
    this.#isGone = isGone;
    this.#buttons.hidden = isGone;
    this.#tabs.allowOpening(!isGone);
    this.#gone.hidden = !isGone;
    // text that comes is read out, text that was there is not
    const words = isGone
      ? l10n.t(
          'This run was deleted, or moved to where no run is looked for. What was read of it stays in sight until another tab takes its place.',
        )
      : '';
    if (this.#gone.textContent !== words) this.#gone.textContent = words;
  }

  /** A long run's diagnosis and tables wait for all its steps, and until its plots are drawn, which is in the next frame. */
  #updateRest(summary: RunSummary, state: RunState): void {
    if (state.isOverview) return;
    const isWaiting = this.#rest !== undefined;
    this.#rest = { summary, state };
    if (isWaiting) return;
    requestAnimationFrame(() => {
      setTimeout(() => {
        const rest = this.#rest!;
        this.#rest = undefined;
        this.#findings.update(rest.state, rest.summary.record.status);
        this.#tabs.update(rest.summary, rest.state);
      });
    });
  }

  setTexts(texts: RunTexts, summary: RunSummary, state: RunState): void {
    this.#tabs.setTexts(texts, summary, state);
  }

  setSamples(samples: Samples | undefined): void {
    this.#tabs.setSamples(samples);
  }

  selectTab(index: number): void {
    this.#tabs.select(index);
  }

  recolor(): void {
    this.#plots.recolor();
  }

  async #showStep(step: number): Promise<void> {
    this.#asked = step;
    const title = this.#stepWords(step);
    if (this.#isGone) {
      this.#step.message(title, l10n.t("Its rows were in the run's folder, which is not there any more."));
      return;
    }
    this.#step.message(title, l10n.t('Reading its rows.'));
    try {
      const rows = await this.#actions.rows(step);
      // another step was chosen, or the panel closed, while these were read
      if (this.#asked === step) this.#step.show(title, rows);
    } catch (error) {
      if (this.#asked === step)
        this.#step.message(title, error instanceof Error ? error.message : String(error));
    }
  }

  /** With its loss, where it was recorded. */
  #stepWords(step: number): string {
    const { steps } = this.#state ?? emptyRun;
    const index = lowerBound(steps.step.values, step);
    const loss = steps.loss.values[index];
    return loss === undefined || steps.step.values[index] !== step
      ? l10n.t('Step {0}', formatCount(step))
      : l10n.t('Step {0} · loss {1}', formatCount(step), formatNumber(loss));
  }
}
