/** @file The run's page: headline, plots, and what lies beside and below them. */
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { button } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import type { RunState } from '../common/runState.ts';
import { headline } from './headline.ts';
import type { Fact } from './headline.ts';
import { RunPlots } from './plots.ts';
import type { PlotsOptions } from './plots.ts';

export interface Actions extends PlotsOptions {
  readonly stop: () => void;
  readonly resume: () => void;
  readonly show: (what: 'config' | 'folder') => void;
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
  readonly #facts = element('dl', { className: 'facts' });
  readonly #failure = element('p', { className: 'failure', hidden: true });
  readonly #empty = element('p', { className: 'empty', textContent: 'The first step is on its way.' });
  readonly #plots: RunPlots;

  constructor(parent: HTMLElement, actions: Actions) {
    this.#stop = button('Stop', actions.stop);
    this.#resume = button('Resume', actions.resume);
    const config = button(
      'Open Config',
      () => {
        actions.show('config');
      },
      { secondary: true },
    );
    this.#status.setAttribute('role', 'status');
    this.#failure.setAttribute('role', 'alert');
    this.#plots = new RunPlots(actions);
    const buttons = element('div', { className: 'buttons' }, [this.#stop, this.#resume, config]);
    const header = element('header', { className: 'top' }, [this.#title, this.#status, buttons]);
    parent.replaceChildren(header, this.#failure, this.#facts, this.#empty, this.#plots.element);
  }

  update(summary: RunSummary, state: RunState): void {
    const top = headline(summary, state);
    this.#title.textContent = top.title;
    this.#status.textContent = top.status;
    this.#stop.hidden = !top.canStop;
    this.#resume.hidden = !top.canResume;
    this.#failure.hidden = top.failure === undefined;
    this.#failure.textContent = top.failure ?? '';
    this.#empty.hidden = state.steps.step.length > 0 || !top.canStop;
    this.#facts.replaceChildren(
      factElement(top.loss, 'fact large'),
      ...top.facts.map((fact) => factElement(fact)),
    );
    this.#plots.update(state);
  }

  recolor(): void {
    this.#plots.recolor();
  }
}
