/** @file The plots of a run: one tall of the loss, four small ones, one axis and cursor for all, and what chooses how they look. */
import * as l10n from '@vscode/l10n';
import { formatCount, formatDuration } from '../../runtime/contract/format.ts';
import { lowerBound } from '../common/column.ts';
import { choice, linkButton } from '../common/controls.ts';
import type { Choice } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import { Plot } from '../common/plot.ts';
import { PlotGroup } from '../common/plotGroup.ts';
import { emptyRun } from '../common/runState.ts';
import type { RunState } from '../common/runState.ts';
import { shortCount } from '../common/ticks.ts';
import type { XUnit } from '../common/ticks.ts';
import { axisColumn, fullRange, lossPlot, smallPlots } from './series.ts';
import type { Look, Scale } from './series.ts';

export interface SavedPlot {
  readonly title: string;
  readonly svg: string;
  /** In base64. */
  readonly png: string;
}

export interface PlotsOptions {
  readonly look: Look;
  readonly looksDifferent: (look: Look) => void;
  readonly stepPicked: (step: number) => void;
  readonly save: (plot: SavedPlot) => void;
  /** Under a saved plot's title. */
  readonly note: () => string;
}

const smallHeight = 120;

export class RunPlots {
  readonly element = element('div', { className: 'plots' });
  readonly #group: PlotGroup;
  readonly #loss: Plot;
  readonly #row: HTMLElement;
  /** More than at the beginning where evaluations bring another. */
  readonly #small: Plot[] = [];
  readonly #options: PlotsOptions;
  readonly #scale: Choice<Scale>;
  readonly #unit: Choice<XUnit>;
  readonly #smoothing: HTMLInputElement;
  #look: Look;
  #state: RunState = emptyRun;

  constructor(options: PlotsOptions) {
    this.#options = options;
    this.#look = options.look;
    this.#group = new PlotGroup({
      snap: (x) => this.#axis()[this.#indexAt(x)] ?? x,
      title: (x) => this.#titleAt(x),
      picked: (x) => {
        const step = this.#state.steps.step.values[this.#indexAt(x)];
        if (step !== undefined) options.stepPicked(step);
      },
    });
    this.#group.unit = this.#look.unit;
    this.#scale = choice<Scale>(
      l10n.t('Scale'),
      [
        ['auto', l10n.t('Automatic')],
        ['linear', l10n.t('Linear')],
        ['log', l10n.t('Logarithmic')],
      ],
      (scale) => {
        this.#change({ scale });
      },
    );
    this.#unit = choice<XUnit>(
      l10n.t('Axis'),
      [
        ['step', l10n.t('Steps')],
        ['time', l10n.t('Time')],
        ['tokens', l10n.t('Tokens')],
      ],
      (unit) => {
        this.#changeUnit(unit);
      },
    );
    this.#smoothing = element('input', { type: 'range', min: '0', max: '0.99', step: '0.01' });
    this.#smoothing.oninput = () => {
      this.#change({ smoothing: this.#smoothing.valueAsNumber });
    };
    const reset = linkButton(l10n.t('Show all'), () => {
      this.#group.show(undefined);
    });
    const toolbar = element('div', { className: 'toolbar' }, [
      this.#scale.box,
      this.#unit.box,
      element('label', { className: 'choice' }, [l10n.t('Smoothing'), this.#smoothing]),
      reset,
      element('span', {
        className: 'hint',
        textContent: l10n.t('Drag to zoom · Shift-drag to move · click a point for its rows'),
      }),
    ]);
    const tall = element('div', { className: 'tall' });
    this.#row = element('div', { className: 'row' });
    this.element.append(toolbar, tall, this.#row);
    this.#loss = this.#plot(tall, 320);
    this.update(emptyRun);
    this.#showLook();
  }

  update(state: RunState): void {
    this.#state = state;
    this.#group.setFull(fullRange(state, this.#look.unit));
    this.#loss.update(lossPlot(state, this.#look));
    for (const [i, spec] of smallPlots(state, this.#look).entries()) {
      this.#small[i] ??= this.#plot(this.#row, smallHeight);
      this.#small[i].update(spec);
    }
  }

  recolor(): void {
    for (const plot of [this.#loss, ...this.#small]) plot.recolor();
  }

  /** A plot whose header offers to save it. */
  #plot(parent: HTMLElement, height: number): Plot {
    const save = linkButton(l10n.t('Save'), () => {
      this.#options.save(plot.saved(this.#options.note()));
    });
    const plot = new Plot(parent, this.#group, height, [save]);
    return plot;
  }

  #axis(): Float64Array {
    return axisColumn(this.#state.steps, this.#look.unit);
  }

  /** Of the step nearest to `x`. */
  #indexAt(x: number): number {
    const axis = this.#axis();
    const after = Math.min(axis.length - 1, lowerBound(axis, x));
    return after > 0 && x - axis[after - 1]! <= axis[after]! - x ? after - 1 : after;
  }

  #titleAt(x: number): string {
    const { step, secondsSoFar, tokensSoFar } = this.#state.steps;
    const i = this.#indexAt(x);
    const [at, seconds, tokens] = [step.values[i], secondsSoFar.values[i], tokensSoFar.values[i]];
    if (at === undefined || seconds === undefined || tokens === undefined) return '';
    return l10n.t(
      'Step {0} · {1} · {2} tokens',
      formatCount(at),
      formatDuration(seconds),
      shortCount(tokens),
    );
  }

  #change(change: Partial<Look>): void {
    this.#look = { ...this.#look, ...change };
    this.#showLook();
    this.#options.looksDifferent(this.#look);
    this.update(this.#state);
  }

  /** The same steps stay in sight on the other axis. */
  #changeUnit(unit: XUnit): void {
    const isZoomed = this.#group.isZoomed;
    const [from, to] = this.#group.range.map((x) => this.#indexAt(x));
    this.#group.unit = unit;
    this.#group.point(undefined);
    this.#change({ unit });
    const axis = this.#axis();
    this.#group.show(isZoomed ? [axis[from!] ?? 0, axis[to!] ?? 1] : undefined);
  }

  #showLook(): void {
    this.#scale.set(this.#look.scale);
    this.#unit.set(this.#look.unit);
    this.#smoothing.value = String(this.#look.smoothing);
  }
}
