/** @file Entry of the dataset's page: asks for what is on the screen, draws at most once a frame. */
import { openChannel } from '../common/channel.ts';
import { connect } from '../../runtime/contract/rpc.ts';
import type { None } from '../../runtime/contract/rpc.ts';
import { protocolVersion } from '../../runtime/contract/protocol.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { DatasetPageApi, DatasetPageEvents, PageFile } from './protocol.ts';
import { RowStore } from './rowStore.ts';
import { emptyDataset, indexOfRow, isReached, listLength, outdatedQuery, reduce, rowAt } from './state.ts';
import type { Change, DatasetState, Query } from './state.ts';
import { DatasetView } from './view.ts';
import { whyNoLengths } from './words.ts';

/** Kept by VS Code while the page is hidden. */
interface Kept {
  readonly row: number;
}

/** Milliseconds of a pause in typing before a search begins. */
const typingPause = 250;

const { port, vscode } = openChannel();
const root = document.querySelector('main')!;
let state: DatasetState = emptyDataset;
let file: PageFile | undefined;
let drawing = false;
/** Of the newest list that was asked for: an answer that comes behind it is too late. */
let asked = 0;
let search: AbortController | undefined;
let typing: ReturnType<typeof setTimeout> | undefined;
/** Row that is shown on the right, or on its way there. */
let shownRow = 0;
/** Lengths were asked for, and are on their way. */
let statistics = false;
/** Why the newest survey is none, or counts no tokens. */
let uncounted: string | undefined;
/** Surveys that are on their way. */
let surveying = 0;
/** Where to go as soon as the index has got there. */
let wanted: number | undefined;

const failed = (error: unknown): void => {
  if (error instanceof UserError && error.code === 'cancelled') return;
  view.fail(error instanceof Error ? error.message : String(error));
};

const store = new RowStore(
  async (first, count, encoded) => {
    try {
      return (await extension.call('page/rows', { first, count, encoded })).rows;
    } catch (error) {
      failed(error);
      return [];
    }
  },
  () => {
    view.redrawRows();
  },
);

const view = new DatasetView(root, {
  item: (row) => store.get(row),
  shown: (rows) => {
    store.want(rows);
  },
  choose: (index) => {
    wanted = undefined;
    choose(index);
  },
  search: (text) => {
    clearTimeout(typing);
    typing = setTimeout(() => void startSearch(text), typingPause);
  },
  filterLint: (lint) => void filter(lint === '' ? undefined : { lint }),
  filterLength: (least, most) => void filter({ least, most }),
  goTo: (row) => {
    showAll();
    goTo(row);
    view.focusList();
  },
  showAll: () => {
    showAll();
    view.focusList();
  },
  checkAll: () => void survey(true),
  chooseView: () => void extension.call('page/choose', null).catch(failed),
});

function apply(change: Change): void {
  state = reduce(state, change);
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    view.update(state, file?.view);
    if (wanted !== undefined && isReached(state, wanted)) goTo(wanted);
    else if (shownRow === 0 && listLength(state) > 0) choose(state.chosen);
  });
}

function choose(index: number): void {
  apply({ kind: 'chosen', index });
  const row = rowAt(state, state.chosen);
  vscode.setState({ row } satisfies Kept);
  // Asked before the rows around it: it is what the person looks at.
  void showRow(row);
  view.reveal(state.chosen);
}

/** A row that isn't known yet is shown as soon as it is. */
function goTo(row: number): void {
  if (!Number.isFinite(row)) return;
  const known = isReached(state, row);
  wanted = known ? undefined : row;
  if (known && listLength(state) > 0) choose(indexOfRow(state, row));
}

async function showRow(row: number): Promise<void> {
  shownRow = row;
  try {
    const shown = await extension.call('page/row', { row });
    if (shownRow !== row) return;
    const length = state.survey?.tokens?.length;
    const excluded = store.get(row)?.excluded ?? false;
    const exclude = (now: boolean): void => {
      void extension.call('page/exclude', { line: shown.line, excluded: now }).catch(failed);
    };
    view.showRow(shown, {
      unit: file?.unit ?? 'line',
      length,
      exclude: file?.view === undefined ? undefined : exclude,
      excluded,
    });
  } catch (error) {
    failed(error);
  }
}

/** What was on its way to the list no longer counts. */
function askAnew(): number {
  clearTimeout(typing);
  search?.abort();
  wanted = undefined;
  return ++asked;
}

function showAll(): void {
  askAnew();
  view.clearFilter();
  view.clearSearch();
  if (state.subset !== undefined) apply({ kind: 'all' });
}

async function startSearch(text: string): Promise<void> {
  const id = askAnew();
  view.clearFilter();
  if (text.trim() === '') {
    apply({ kind: 'all' });
    return;
  }
  const abort = new AbortController();
  search = abort;
  shownRow = 0;
  apply({ kind: 'searching', query: { text } });
  try {
    const { more } = await extension.call('page/search', { text, id }, abort.signal);
    if (id === asked) apply({ kind: 'searched', more });
  } catch (error) {
    if (id === asked) apply({ kind: 'failed' });
    failed(error);
  }
}

async function filter(by: { lint?: string; least?: number; most?: number } | undefined): Promise<void> {
  const id = askAnew();
  view.clearSearch();
  if (by?.lint === undefined) view.clearFilter();
  if (by === undefined) {
    apply({ kind: 'all' });
    return;
  }
  try {
    const { rows, found } = await extension.call('page/filter', by);
    if (id !== asked) return;
    shownRow = 0;
    apply({ kind: 'filtered', query: by, rows, found });
  } catch (error) {
    if (id === asked) apply({ kind: 'failed' });
    failed(error);
  }
}

/** Until the answer comes nothing is listed: the rows that were found are others now. */
function askAgain(query: Query): void {
  const row = wanted;
  if ('text' in query) void startSearch(query.text);
  else {
    void filter(query);
    shownRow = 0;
    apply({ kind: 'searching', query });
  }
  wanted = row;
}

async function survey(all: boolean): Promise<void> {
  surveying += 1;
  try {
    const { survey, reason } = await extension.call('page/survey', { all });
    uncounted = reason;
    apply({ kind: 'surveyed', survey });
    if (survey === null && all && reason !== undefined) view.fail(reason);
  } catch (error) {
    failed(error);
  } finally {
    surveying -= 1;
  }
  if (statistics) showStatistics();
}

/** Lengths come once all rows are known; where there are none, the page says why. */
function showStatistics(): void {
  const { survey } = state;
  const known = survey !== undefined || uncounted !== undefined;
  const hasLengths = survey?.tokens !== undefined;
  const isUsed = file?.view !== undefined;
  statistics = file === undefined || (isUsed && !hasLengths && (!known || surveying > 0));
  if (statistics) return;
  if (!isUsed || !hasLengths) view.fail(whyNoLengths(isUsed, uncounted));
  // After the frame that draws them.
  else
    requestAnimationFrame(() => {
      view.focusStatistics();
    });
}

/** `edited`: the file's content changed. */
async function load(edited: boolean): Promise<void> {
  try {
    file = await extension.call('page/load', null);
    store.clear();
    store.encodes = file.view !== undefined;
    store.begin(file.rows);
    view.fail(undefined);
    const kept = vscode.getState() as Partial<Kept> | undefined;
    wanted = file.row ?? wanted ?? (shownRow > 0 ? shownRow : kept?.row);
    shownRow = 0;
    const again = outdatedQuery(state, file.state, edited);
    apply({ kind: 'indexed', file: file.state });
    if (again !== undefined) askAgain(again);
    if (file.state.complete) void survey(false);
    if (file.statistics === true || statistics) showStatistics();
  } catch (error) {
    failed(error);
  }
}

const extension = connect<None, DatasetPageApi, DatasetPageEvents, None>(port, {
  version: protocolVersion,
  handlers: {},
  listeners: {
    'page/indexed': (indexed) => {
      const first = state.file?.complete !== true && indexed.complete;
      apply({ kind: 'indexed', file: indexed });
      if (first) void survey(false);
    },
    'page/found': ({ id, rows, done }) => {
      const size = state.file?.size ?? 0;
      if (id === asked) apply({ kind: 'found', rows, share: size === 0 ? 0 : done / size });
    },
    'page/progress': () => undefined,
    'page/changed': ({ edited }) => void load(edited),
    'page/statistics': showStatistics,
    'page/reveal': ({ row }) => {
      showAll();
      goTo(row);
    },
  },
});

void load(false);
