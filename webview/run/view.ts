/** @file The run's page: headline, one tall plot of the loss, three small ones that share its cursor. */
import { Plot } from '../common/plot.ts';
import type { Line } from '../common/plot.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { headline } from './headline.ts';
import type { Fact } from './headline.ts';
import { smooth, wantsLogScale } from './state.ts';
import type { RunState } from './state.ts';

export interface Actions {
  readonly stop: () => void;
  readonly resume: () => void;
  readonly show: (what: 'config' | 'folder') => void;
  readonly smoothingChanged: (weight: number) => void;
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const button = (text: string, className: string, press: () => void): HTMLButtonElement =>
  element('button', { textContent: text, className, onclick: press });

function factElement({ label, value, note }: Fact, className = 'fact'): HTMLElement {
  const parts = [element('dt', { textContent: label }), element('dd', { textContent: value })];
  if (note !== undefined) parts.push(element('dd', { textContent: note, className: 'note' }));
  return element('div', { className }, parts);
}

export class RunView {
  readonly #title = element('h1');
  readonly #status = element('p', { className: 'status' });
  readonly #stop: HTMLButtonElement;
  readonly #resume: HTMLButtonElement;
  readonly #facts = element('dl', { className: 'facts' });
  readonly #failure = element('p', { className: 'failure', hidden: true });
  readonly #empty = element('p', { className: 'empty', textContent: 'The first step is on its way.' });
  readonly #loss: Plot;
  readonly #small: readonly Plot[];
  readonly #smoothing: HTMLInputElement;

  constructor(parent: HTMLElement, actions: Actions, smoothing: number) {
    this.#stop = button('Stop', '', actions.stop);
    this.#resume = button('Resume', '', actions.resume);
    const config = button('Open Config', 'secondary', () => {
      actions.show('config');
    });
    this.#status.setAttribute('role', 'status');
    this.#failure.setAttribute('role', 'alert');
    this.#smoothing = element('input', { type: 'range', min: '0', max: '0.99', step: '0.01' });
    this.#smoothing.value = String(smoothing);
    this.#smoothing.oninput = () => {
      actions.smoothingChanged(this.#smoothing.valueAsNumber);
    };
    const buttons = element('div', { className: 'buttons' }, [this.#stop, this.#resume, config]);
    const header = element('header', { className: 'top' }, [this.#title, this.#status, buttons]);
    const smoothingLabel = element('label', { className: 'smoothing' }, ['Smoothing', this.#smoothing]);
    const tall = element('div', { className: 'tall' });
    const row = element('div', { className: 'row' });
    parent.replaceChildren(header, this.#failure, this.#facts, this.#empty, tall, smoothingLabel, row);
    this.#loss = new Plot(tall, 320);
    this.#small = [new Plot(row, 130), new Plot(row, 130), new Plot(row, 130)];
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
    this.plot(state);
  }

  plot(state: RunState): void {
    const { steps, evaluations } = state;
    const smoothed = smooth(steps.loss, this.#smoothing.valueAsNumber);
    const first = Math.min(steps.step[0] ?? 1, evaluations[0]?.step ?? 1);
    const range = [first, Math.max(state.plannedSteps, steps.step.at(-1) ?? 1, first + 1)] as const;
    const lines: Line[] = [
      { label: 'train', color: 'train', faint: true, x: steps.step, y: steps.loss },
      { label: 'smoothed', color: 'train', x: steps.step, y: smoothed },
    ];
    if (evaluations.length > 0)
      lines.push({
        label: 'validation',
        color: 'validation',
        points: true,
        x: evaluations.map(({ step }) => step),
        y: evaluations.map(({ loss }) => loss),
      });
    if (state.baseLoss !== undefined)
      lines.push({
        label: 'base',
        color: 'base',
        dashed: true,
        x: range,
        y: [state.baseLoss, state.baseLoss],
      });
    this.#loss.update({
      title: 'Loss',
      lines,
      range,
      axisLabel: 'Step',
      log: wantsLogScale(lines.flatMap(({ y }) => y)),
      ticks: state.checkpoints,
      breaks: state.resumes,
    });
    const small = [
      { title: 'Learning rate', color: 'second', y: steps.learningRate },
      { title: 'Gradient norm', color: 'third', y: steps.gradNorm },
      { title: 'Tokens/s', color: 'train', y: steps.tokens },
    ] as const;
    for (const [index, { title, color, y }] of small.entries())
      this.#small[index]!.update({
        range,
        title,
        lines: [{ label: '', color, x: steps.step, y }],
        breaks: state.resumes,
      });
  }

  recolor(): void {
    for (const plot of [this.#loss, ...this.#small]) plot.recolor();
  }
}
