/** @file "What the method shows": a table a fact, a bar a layer, at a step that a slider chooses; the same numbers in words. */
import * as l10n from '@vscode/l10n';
import { formatCount, formatNumber } from '../../runtime/contract/format.ts';
import type { MethodEvent } from '../../runtime/contract/run.ts';
import { element } from '../common/elements.ts';
import { courseOf, factNames, factWords, filled, matrixOf } from './methodMatrix.ts';
import type { Course, Matrix } from './methodMatrix.ts';

/** Up to so many blocks each bar has its number beside it; of more, it is told on hover and to screen readers. */
const numbered = 12;
const sparkline = { width: 96, height: 16 };

/** The mean over layers, step by step, as a line. */
function courseElement({ steps, means }: Course): SVGElement {
  const { width, height } = sparkline;
  const made = <K extends keyof SVGElementTagNameMap>(name: K): SVGElementTagNameMap[K] =>
    document.createElementNS('http://www.w3.org/2000/svg', name);
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const [first, last] = [steps[0]!, steps.at(-1)!];
  const points = means.map((mean, i) => {
    const x = 1 + ((width - 2) * (steps[i]! - first)) / Math.max(1, last - first);
    const y = high > low ? 1 + ((height - 2) * (high - mean)) / (high - low) : height / 2;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const line = made('polyline');
  line.setAttribute('points', points.join(' '));
  const svg = made('svg');
  svg.setAttribute('class', 'course');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute(
    'aria-label',
    l10n.t(
      'Mean over layers: {0} at step {1}, {2} at step {3}',
      formatNumber(means[0]!),
      formatCount(first),
      formatNumber(means.at(-1)!),
      formatCount(last),
    ),
  );
  svg.append(line);
  return svg;
}

function cellElement(value: number | undefined, matrix: Matrix, row: string, column: string): HTMLElement {
  if (value === undefined) return element('td', { className: 'none' });
  const words = formatNumber(value);
  const bar = element('span', { className: 'bar' });
  bar.style.setProperty('--filled', String(filled(value, matrix.range)));
  const isNumbered = matrix.columns.length <= numbered;
  const number = element('span', { textContent: words, className: isNumbered ? 'value' : 'value spoken' });
  const place = column === '' ? row : l10n.t('{0} of block {1}', row, column);
  return element('td', { title: `${place}: ${words}` }, [bar, number]);
}

/** Rows are linears and columns blocks, also for who hears the table. */
function matrixElement(matrix: Matrix, caption: string): HTMLElement {
  const { rows, columns, cells } = matrix;
  const head = element('tr', {}, [
    element('td'),
    ...columns.map((block) => element('th', { textContent: block, scope: 'col' })),
  ]);
  const body = rows.map((row, i) =>
    element('tr', {}, [
      element('th', { textContent: row, scope: 'row' }),
      ...columns.map((block, j) => cellElement(cells[i]![j], matrix, row, block)),
    ]),
  );
  const box = element('div', { className: 'scrolled', tabIndex: 0 }, [
    element('table', { className: 'matrix' }, [
      element('caption', { textContent: caption, className: 'spoken' }),
      element('thead', {}, [head]),
      element('tbody', {}, body),
    ]),
  ]);
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', caption);
  return box;
}

/** What the bars' ends stand for; an empty one is zero unless it is said. */
function scaleWords(mean: number, [low, high]: Matrix['range']): string {
  const [middle, most] = [formatNumber(mean), formatNumber(high)];
  return low < 0
    ? l10n.t('Mean {0}; a full bar is {1}, an empty one {2}.', middle, most, formatNumber(low))
    : l10n.t('Mean {0}; a full bar is {1}.', middle, most);
}

function factElement(events: readonly MethodEvent[], name: string, step: number): HTMLElement | undefined {
  const matrix = matrixOf(events, name, step);
  if (matrix === undefined) return undefined;
  const { title, note } = factWords(name);
  const course = courseOf(events, name);
  const values = matrix.cells.flat().filter((value) => value !== undefined);
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const caption = l10n.t('{0} by linear and block, at step {1}', title, formatCount(matrix.step));
  return element('section', { className: 'fact-matrix' }, [
    element('header', {}, [
      element('h3', { textContent: title }),
      ...(course.steps.length > 1 ? [courseElement(course)] : []),
    ]),
    ...(note === undefined ? [] : [element('p', { className: 'note', textContent: note })]),
    matrixElement(matrix, caption),
    element('p', {
      className: 'note',
      textContent: scaleWords(mean, matrix.range),
    }),
    ...(matrix.left === 0
      ? []
      : [
          element('p', {
            className: 'note',
            textContent: l10n.t(
              '{0} more layers are in the run\'s "metrics.jsonl".',
              formatCount(matrix.left),
            ),
          }),
        ]),
  ]);
}

export class MethodFacts {
  readonly element = element('section', { className: 'method-facts', hidden: true });
  readonly #slider = element('input', { type: 'range', min: '0', step: '1' });
  readonly #step = element('output');
  readonly #choice: HTMLElement;
  readonly #facts = element('div', { className: 'fact-matrices' });
  #events: readonly MethodEvent[] = [];
  /** Index of the event whose step is shown; the newest where none was chosen. */
  #chosen: number | undefined;

  constructor() {
    this.#slider.setAttribute('aria-label', l10n.t('Step that is shown'));
    this.#choice = element('label', { className: 'step-choice' }, [
      element('span', { textContent: l10n.t('Step') }),
      this.#slider,
      this.#step,
    ]);
    this.#slider.addEventListener('input', () => {
      const index = Number(this.#slider.value);
      this.#chosen = index === this.#events.length - 1 ? undefined : index;
      this.#draw();
    });
    this.element.append(
      element('header', {}, [element('h2', { textContent: l10n.t('What the method shows') }), this.#choice]),
      this.#facts,
    );
  }

  update(events: readonly MethodEvent[]): void {
    if (events === this.#events) return;
    this.#events = events;
    // a resume may have taken the chosen step away
    if (this.#chosen !== undefined && this.#chosen >= events.length - 1) this.#chosen = undefined;
    this.#draw();
  }

  #draw(): void {
    const events = this.#events;
    this.element.hidden = events.length === 0;
    if (events.length === 0) return;
    const index = this.#chosen ?? events.length - 1;
    const { step } = events[index]!;
    this.#choice.hidden = events.length < 2;
    this.#slider.max = String(events.length - 1);
    this.#slider.value = String(index);
    this.#step.textContent = formatCount(step);
    this.#slider.setAttribute('aria-valuetext', l10n.t('Step {0}', formatCount(step)));
    const facts = factNames(events).map((name) => factElement(events, name, step));
    this.#facts.replaceChildren(...facts.filter((fact) => fact !== undefined));
  }
}
