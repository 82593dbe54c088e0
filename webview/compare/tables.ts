/** @file The page's tables: groups with their seeds, differences of all runs, and rows of data on which they differ most. */
import * as l10n from '@vscode/l10n';
import { formatCount, formatDuration, formatInterval, formatNumber } from '../../runtime/contract/format.ts';
import type {
  ComparedSample,
  CompareRow,
  CompareSection,
  Comparison,
  Interval,
} from '../../runtime/contract/api/compare.ts';
import { element, table } from '../common/elements.ts';
import { linkButton } from '../common/controls.ts';
import { strokeOf } from './curves.ts';
import { mainMeasure, strips } from './strip.ts';
import type { Measure, Strip } from './strip.ts';

const svgSpace = 'http://www.w3.org/2000/svg';

function shape(name: string, attributes: Readonly<Record<string, number | string>>): SVGElement {
  const made = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** Width and height of a strip in its own units. */
const [width, height] = [200, 20];

/** Points of the seeds over the bar of the interval; what it says stands in the cells beside it. */
function stripElement(strip: Strip, group: number): SVGElement {
  const svg = shape('svg', {
    class: `strip ${strokeOf(group).color}`,
    viewBox: `0 0 ${width} ${height}`,
    'aria-hidden': 'true',
  });
  const middle = height / 2;
  const x = (place: number): number => 4 + place * (width - 8);
  if (strip.interval !== undefined) {
    const [from, to] = strip.interval.map(x) as [number, number];
    svg.append(
      shape('line', {
        x1: from,
        x2: to,
        y1: middle,
        y2: middle,
        class: strip.isCut ? 'interval cut' : 'interval',
      }),
    );
  }
  svg.append(shape('line', { x1: x(strip.mean), x2: x(strip.mean), y1: 3, y2: height - 3, class: 'mean' }));
  for (const point of strip.points) svg.append(shape('circle', { cx: x(point), cy: middle, r: 3 }));
  return svg;
}

function measureTitle(measure: Measure | undefined): string {
  switch (measure) {
    case 'best':
      return l10n.t('Seeds, best validation loss');
    case 'validation':
      return l10n.t('Seeds, validation loss');
    case 'train':
      return l10n.t('Seeds, training loss');
    case undefined:
      return l10n.t('Seeds');
  }
}

const text = (interval: Interval | undefined): string =>
  interval === undefined ? '–' : formatInterval(interval);

function groupName(label: string, group: number): HTMLElement {
  const { color, dash } = strokeOf(group);
  return element('span', { className: `entry ${color}${dash ? ' dashed' : ''}`, textContent: label });
}

/** A row a group, with mean and interval of each measure and its seeds on one scale. */
export function groupTable(comparison: Comparison): HTMLElement {
  const { groups, runs } = comparison;
  const measure = mainMeasure(comparison);
  const drawn = measure === undefined ? [] : strips(comparison, measure);
  const rows = groups.map((group, i) => {
    const strip = drawn[i];
    const counted = group.counted.map((index) => runs[index]!.seed).join(', ');
    const left = group.runs.length - group.counted.length;
    // unfinished, or an older one of the same seed
    const seeds = left === 0 ? counted : l10n.t('{0} ({1} left out)', counted, left);
    return [
      groupName(group.label, i),
      seeds,
      text(group.validation),
      text(group.best),
      text(group.train),
      group.seconds === undefined ? '–' : formatDuration(group.seconds.mean),
      strip === undefined ? '' : stripElement(strip, i),
    ];
  });
  const columns = [
    { title: l10n.t('Runs') },
    { title: l10n.t('Seeds') },
    { title: l10n.t('Validation loss'), isNumber: true },
    { title: l10n.t('Best validation'), isNumber: true },
    { title: l10n.t('Training loss'), isNumber: true },
    { title: l10n.t('Time'), isNumber: true },
    { title: measureTitle(measure) },
  ];
  return table(l10n.t('Groups of runs that differ in their seed alone'), columns, rows);
}

const sectionName = (section: CompareSection): string =>
  ({
    result: l10n.t('Results'),
    config: l10n.t('Config'),
    data: l10n.t('Data'),
    environment: l10n.t('Environment'),
  })[section];

/** Long values are cut in sight, and whole in the tooltip. */
const valueCell = (value: string, isFirst: boolean): HTMLElement =>
  element(isFirst ? 'span' : 'strong', {
    className: 'value',
    textContent: value === '' ? '–' : value,
    title: value,
  });

/** Differences in bold where they differ from the first run. */
function rowCells({ name, values, differs }: CompareRow): (Node | string)[] {
  return [name, ...values.map((value) => valueCell(value, !differs || value === values[0]))];
}

/** The rows that differ, results always, one section under the other so that each run keeps its column. */
export function differenceTable(comparison: Comparison, open: (folder: string) => void): HTMLElement {
  const { runs, rows } = comparison;
  const head = [{ title: '' }, ...runs.map(({ label }) => ({ title: label, isNumber: true }))];
  const sections = (['result', 'config', 'data', 'environment'] as const)
    .map((section) => ({
      section,
      shown: rows.filter((row) => row.section === section && (row.differs || section === 'result')),
    }))
    .filter(({ shown }) => shown.length > 0);
  const built = table(
    l10n.t('Differences by run'),
    head,
    sections.flatMap(({ shown }) => shown.map(rowCells)),
  );
  const lines = [...built.tBodies[0]!.rows];
  let at = 0;
  for (const { section, shown } of sections) {
    lines[at]!.before(sectionRow(sectionName(section), runs.length + 1));
    at += shown.length;
  }
  linkRuns(built, comparison, open);
  return built;
}

function sectionRow(name: string, columns: number): HTMLElement {
  const cell = element('th', {
    className: 'section',
    textContent: name,
    colSpan: columns,
    scope: 'rowgroup',
  });
  return element('tr', {}, [cell]);
}

/** The names of the runs lead to their pages. */
function linkRuns(built: HTMLTableElement, { runs }: Comparison, open: (folder: string) => void): void {
  const cells = [...built.tHead!.rows[0]!.cells].slice(1);
  for (const [i, cell] of cells.entries()) {
    const { label, folder } = runs[i]!;
    const link = linkButton(label, () => {
      open(folder);
    });
    link.dataset['key'] = folder;
    cell.replaceChildren(link);
  }
}

/** Wide tables scroll inside of the page, by keys too. */
export function scrolling(content: HTMLElement, label: string): HTMLElement {
  const box = element('div', { className: 'scroll', tabIndex: 0 }, [content]);
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', label);
  return box;
}

/** All rows that are equal in all runs: one value says it. */
export function equalTable({ rows }: Comparison): HTMLElement {
  const equal = rows.filter(({ differs, section }) => !differs && section !== 'result');
  return table(
    l10n.t('Equal in all runs'),
    [{ title: '' }, { title: l10n.t('All runs') }],
    equal.map(({ name, values }) => [name, valueCell(values[0] ?? '', true)]),
  );
}

export const equalCount = ({ rows }: Comparison): number =>
  rows.filter(({ differs, section }) => !differs && section !== 'result').length;

/** Training rows with the loss that each run had when it last saw them. */
export function sampleTable({ runs }: Comparison, samples: readonly ComparedSample[]): HTMLElement {
  const columns = [
    { title: l10n.t('Row'), isNumber: true },
    ...runs.map(({ label }) => ({ title: label, isNumber: true })),
  ];
  return table(
    l10n.t('Loss of training rows by run'),
    columns,
    samples.map(({ row, losses }) => [
      formatCount(row + 1),
      ...losses.map((loss) => (loss === null ? '–' : formatNumber(loss))),
    ]),
  );
}
