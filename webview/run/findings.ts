/** @file What the run's numbers say, above its plots: each finding with its evidence, a way to the step and to the config's key. */
import * as l10n from '@vscode/l10n';
import { diagnose } from '../../runtime/contract/diagnosis.ts';
import type { Finding } from '../../runtime/contract/diagnosis.ts';
import type { RunStatus } from '../../runtime/contract/run.ts';
import { linkButton } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import type { RunState } from '../common/runState.ts';

/** A run that goes on is looked at anew after this share of new steps: each look costs all steps. */
const growth = 1.05;

export interface FindingActions {
  readonly showKey: (key: string) => void;
  readonly showStep: (step: number) => void;
}

export const findingsOf = ({ steps, evaluations, failure }: RunState, status: RunStatus): Finding[] =>
  diagnose({
    step: steps.step.values,
    loss: steps.loss.values,
    gradNorm: steps.gradNorm.values,
    learningRate: steps.learningRate.values,
    evaluations,
    status,
    failure,
  });

export class Findings {
  readonly element = element('ul', { className: 'findings', hidden: true });
  readonly #actions: FindingActions;
  #looked = '';
  #steps = 0;

  constructor(actions: FindingActions) {
    this.#actions = actions;
    this.element.setAttribute('aria-label', l10n.t('Diagnosis'));
  }

  update(state: RunState, status: RunStatus): void {
    const { length } = state.steps.step;
    const looked = `${status} ${state.evaluations.length} ${state.resumes.length} ${state.failure?.message ?? ''}`;
    if (looked === this.#looked && length >= this.#steps && length < growth * this.#steps) return;
    [this.#looked, this.#steps] = [looked, length];
    const findings = findingsOf(state, status);
    this.element.hidden = findings.length === 0;
    this.element.replaceChildren(...findings.map((finding) => this.#item(finding)));
  }

  #item({ severity, title, evidence, hint, key, step }: Finding): HTMLElement {
    const links = [
      linkButton(key, () => {
        this.#actions.showKey(key);
      }),
    ];
    if (step !== undefined)
      links.unshift(
        linkButton(l10n.t('Step {0}', step), () => {
          this.#actions.showStep(step);
        }),
      );
    return element('li', { className: severity }, [
      element('strong', { textContent: title }),
      element('p', { textContent: evidence }),
      element('p', { className: 'note' }, [hint, ...links.flatMap((link) => [' · ', link])]),
    ]);
  }
}
