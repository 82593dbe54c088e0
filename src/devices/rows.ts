/** @file How devices and the verdicts on their operators look in a list. Pure. */
import * as l10n from '@vscode/l10n';
import type { DeviceReport, OperatorVerdict } from '../../runtime/contract/api/devices.ts';
import { formatBytes, formatNumber } from '../../runtime/contract/format.ts';
import { markdownText, oneLine } from '../common/plainText.ts';
import type { TreeRow } from '../common/treeRow.ts';

export interface DeviceRow extends TreeRow {
  readonly context: string;
  /** Markdown. */
  readonly tooltip: string;
}

const providerNames: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
};

/** Slower than this share of the CPU's rate a device only costs time. */
const slowShare = 0.5;

const icons: Readonly<Record<DeviceReport['state'], DeviceRow['icon']>> = {
  verified: { id: 'pass', color: 'testing.iconPassed' },
  failed: { id: 'error', color: 'testing.iconFailed' },
  unavailable: { id: 'circle-slash' },
  'not-offered': { id: 'circle-outline' },
};

const states = (): Readonly<Record<DeviceReport['state'], string>> => ({
  verified: l10n.t('verified'),
  failed: l10n.t('refused'),
  unavailable: l10n.t('not available'),
  'not-offered': l10n.t('not offered'),
});

const joined = (facts: readonly (string | undefined)[]): string =>
  facts.filter((fact) => fact !== undefined).join(' · ');

export interface DeviceFacts {
  readonly cpuGigaflops?: number | undefined;
  /** As it is now; what was measured with the rest may be days old. */
  readonly memory: { readonly free: number; readonly total: number };
  readonly isDefault: boolean;
  /** UTC in ISO form. */
  readonly measured: string;
}

const rate = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : l10n.t('{0} GFLOP/s', formatNumber(value));

/** The card on hover. */
function deviceCard(title: string, report: DeviceReport, { memory, measured }: DeviceFacts): string {
  const { provider, name, state, reason, gigaflops, gigabytesPerSecond } = report;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [l10n.t('Device'), name],
    [l10n.t('State'), states()[state]],
    [l10n.t('Reason'), reason],
    [l10n.t('Matrix products'), rate(gigaflops)],
    [
      l10n.t('Bandwidth'),
      gigabytesPerSecond === undefined ? undefined : l10n.t('{0} GB/s', formatNumber(gigabytesPerSecond)),
    ],
    [
      l10n.t('Memory'),
      provider === 'cpu'
        ? l10n.t('{0} free of {1}', formatBytes(memory.free), formatBytes(memory.total))
        : undefined,
    ],
    [l10n.t('Self-test'), selfTestWords(report)],
    [l10n.t('Measured'), new Date(measured).toLocaleString(undefined, { timeZoneName: 'short' })],
  ];
  const lines = facts.flatMap(([fact, value]) =>
    value === undefined ? [] : [`| ${fact} | ${markdownText(value)} |`],
  );
  return [`**${markdownText(title)}**`, '', '| | |', '|---|---|', ...lines].join('\n');
}

export function deviceRow(report: DeviceReport, facts: DeviceFacts): DeviceRow {
  const { provider, threads, state, gigaflops, results = [] } = report;
  const isCpu = provider === 'cpu';
  const verified = state === 'verified';
  const slow = verified && gigaflops !== undefined && gigaflops < slowShare * (facts.cpuGigaflops ?? 0);
  const title = joined([
    providerNames[provider] ?? oneLine(provider),
    isCpu && threads !== undefined ? l10n.t('{0} threads', threads) : shortName(report),
  ]);
  const failed = results.filter(({ ok }) => !ok).length;
  const description = joined([
    slow ? l10n.t('verified but slow') : states()[state],
    failed === 0 ? undefined : l10n.t('{0} operators wrong', failed),
    rate(gigaflops),
    isCpu ? l10n.t('{0} free', formatBytes(facts.memory.free)) : undefined,
    facts.isDefault ? l10n.t('default') : undefined,
  ]);
  return {
    label: title,
    description,
    icon: slow ? { id: 'warning', color: 'charts.yellow' } : icons[state],
    context: verified && !facts.isDefault ? 'verified' : 'device',
    tooltip: deviceCard(title, report, facts),
  };
}

/** A provider that isn't offered has no device whose name could be said. */
const shortName = ({ state, name }: DeviceReport): string | undefined =>
  state === 'verified' || state === 'failed' ? oneLine(name, 60) : undefined;

function selfTestWords({ provider, results }: DeviceReport): string | undefined {
  if (results === undefined) return undefined;
  const operators = results.filter(({ kind }) => kind === 'operator');
  const right = operators.filter(({ ok }) => ok).length;
  return provider === 'cpu'
    ? l10n.t('{0} of {1} operators give with all threads what they give with one', right, operators.length)
    : l10n.t('{0} of {1} operators give what the CPU gives', right, operators.length);
}

/** Wrong ones first, then parts of training, then operators by name. */
export function verdictOrder(results: readonly OperatorVerdict[]): readonly OperatorVerdict[] {
  const rank = ({ ok, kind }: OperatorVerdict): number => (ok ? (kind === 'part' ? 1 : 2) : 0);
  return [...results].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

export function verdictRow({ kind, name, ok, maxRelativeError, error }: OperatorVerdict): DeviceRow {
  const difference =
    error !== undefined
      ? oneLine(error)
      : maxRelativeError === undefined
        ? l10n.t('no number came out')
        : maxRelativeError === 0
          ? l10n.t('equal')
          : l10n.t('differs by {0}', maxRelativeError.toExponential(1));
  const label = oneLine(name);
  return {
    label,
    description: difference,
    icon: ok ? { id: 'pass', color: 'testing.iconPassed' } : { id: 'error', color: 'testing.iconFailed' },
    context: kind,
    tooltip: [
      `**${markdownText(label)}**`,
      kind === 'operator'
        ? l10n.t('Largest difference of one operator from the reference, over the largest value there.')
        : l10n.t(
            'Largest difference of a whole part of training from the reference, over the largest value there.',
          ),
      markdownText(difference),
    ].join('\n\n'),
  };
}
