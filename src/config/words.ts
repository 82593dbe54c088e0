/** @file What an editor shows beside a config, in words: line ends, lenses, the estimate and the variants. Pure. */
import * as l10n from '@vscode/l10n';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../runtime/contract/format.ts';
import type { ConfigReport, ConfigView, StepTime } from '../../runtime/contract/api/config.ts';

const joined = (...facts: readonly (string | undefined)[]): string =>
  facts.filter((fact) => fact !== undefined && fact !== '').join(' · ');

/** 2, 0.25: no digits that say nothing. */
const scaleNumber = (scale: number): string =>
  Number.isInteger(scale)
    ? String(scale)
    : formatNumber(scale)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');

function scaleWords(scales: readonly number[]): string {
  const shown = scales.slice(0, 3).map(scaleNumber).join(', ');
  return scales.length === 0 ? '' : l10n.t('scale {0}', scales.length > 3 ? `${shown}, ...` : shown);
}

/** "matches 42 of 43 · +325,632 · scale 2": at the end of the line of what decides it. */
export function lineEnd({ adapter }: ConfigView): string | undefined {
  if (adapter === undefined) return undefined;
  return joined(
    l10n.t('matches {0} of {1}', formatCount(adapter.matched), formatCount(adapter.linears)),
    `+${formatCount(adapter.parameters)}`,
    scaleWords(adapter.scales),
  );
}

function memoryWords({ memory }: ConfigView, machineBytes: number): string | undefined {
  if (memory === undefined) return undefined;
  const fits = memory.total <= machineBytes;
  const need = `${memory.atMost ? '≤ ' : ''}${formatBytes(memory.total)}`;
  return fits
    ? l10n.t('fits: {0} of {1}', need, formatBytes(machineBytes))
    : l10n.t('too large: {0} of {1}', need, formatBytes(machineBytes));
}

const stepWords = ({ steps, data }: ConfigView): string | undefined =>
  steps === undefined
    ? undefined
    : l10n.t('{0} steps', `${data?.exact === false ? '~ ' : ''}${formatCount(steps)}`);

/** "fits: 2.1 of 21 GB · 150 steps · about 4.1 s a step · 9.8 MB adapter"; how many errors stand in the way, where some do. */
export function factWords({ views, machineBytes, diagnostics }: ConfigReport): string {
  const [file] = views;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) return errors === 1 ? l10n.t('1 error') : l10n.t('{0} errors', errors);
  if (file === undefined) return '';
  return joined(
    memoryWords(file, machineBytes),
    stepWords(file),
    file.stepTime && l10n.t('about {0} a step', formatDuration(file.stepTime.seconds)),
    file.adapter && l10n.t('{0} adapter', formatBytes(file.adapter.bytes)),
  );
}

export interface Fact {
  readonly label: string;
  readonly description: string;
}

/** What says how long a step takes. */
const sourceWords = ({ from }: StepTime): string =>
  'run' in from
    ? l10n.t('as in run {0}', from.run)
    : l10n.t("by this device's measured {0} GFLOP/s", formatNumber(from.gigaflops));

/** What a view costs, part by part. */
export function costFacts(view: ConfigView, machineBytes: number): Fact[] {
  const { adapter, memory, data, steps, stepTime } = view;
  const facts: (Fact | undefined)[] = [
    memory && {
      label: l10n.t('Memory'),
      description: joined(
        `${memory.atMost ? l10n.t('at most') : l10n.t('about')} ${formatBytes(memory.total)}`,
        l10n.t('this machine has {0}', formatBytes(machineBytes)),
      ),
    },
    memory && { label: l10n.t('Weights'), description: formatBytes(memory.weights) },
    memory && { label: l10n.t('Activations'), description: formatBytes(memory.activations) },
    memory && { label: l10n.t('Adapter, gradient, state'), description: formatBytes(memory.adapter) },
    memory && {
      label: l10n.t('Working'),
      description: formatBytes(memory.working + memory.process),
    },
    adapter && {
      label: l10n.t('Adapter file'),
      description: joined(
        formatBytes(adapter.bytes),
        l10n.t('{0} numbers', formatCount(adapter.parameters)),
        scaleWords(adapter.scales),
      ),
    },
    data && {
      label: l10n.t('Rows'),
      description: joined(
        `${data.exact ? '' : '~ '}${formatCount(data.rows)}`,
        l10n.t('95 of 100 have at most {0} tokens', formatCount(data.percentile95)),
      ),
    },
    steps === undefined ? undefined : { label: l10n.t('Steps'), description: stepWords(view) ?? '' },
    stepTime === undefined
      ? data && {
          label: l10n.t('Time'),
          description: l10n.t('measure the device in Devices, or train once, to see seconds a step'),
        }
      : {
          label: l10n.t('A step'),
          description: l10n.t(
            'about {0} for {1} tokens, {2}',
            formatDuration(stepTime.seconds),
            formatCount(stepTime.tokens),
            sourceWords(stepTime),
          ),
        },
    stepTime === undefined || steps === undefined
      ? undefined
      : {
          label: l10n.t('Time'),
          description: l10n.t('about {0}', formatDuration(stepTime.seconds * steps)),
        },
  ];
  return facts.filter((fact) => fact !== undefined);
}

/** One line a view: its name, and what sets it apart. */
export function variantFacts(view: ConfigView, machineBytes: number): Fact {
  return {
    label: view.variant ?? l10n.t('the file itself'),
    description: view.valid
      ? joined(
          view.adapter && `+${formatCount(view.adapter.parameters)}`,
          view.adapter && scaleWords(view.adapter.scales),
          memoryWords(view, machineBytes),
          stepWords(view),
        )
      : l10n.t('has errors'),
  };
}
