/** @file What `serve` answers about datasets: which configs use them, what their rows become, and rows of files of any size. */
import type { DataApi, DataUse, RowItem, ViewName } from '../contract/api/data.ts';
import { UserError } from '../contract/errors.ts';
import type { ServeEvents } from '../contract/protocol.ts';
import { includesRow, rowRanges } from '../contract/rowNumbers.ts';
import type { Handlers } from '../contract/rpc.ts';
import { editData } from '../config/editData.ts';
import { excerptOf } from '../data/excerpt.ts';
import { locateData } from '../data/locate.ts';
import { recogniseFile } from '../data/recognise.ts';
import { RowPreviewer } from '../data/rowPreview.ts';
import type { FileRow, RowFile } from '../data/rowFile.ts';
import { searchRows } from '../data/searchRows.ts';
import type { Answers, Emit } from './answers.ts';
import { DataFiles } from './dataFiles.ts';
import type { SurveyQuestion } from './dataFiles.ts';
import { DataViews } from './dataViews.ts';
import type { DataView } from './dataViews.ts';

const nothing = { ranges: [], lints: [] } as const;
/** Above this a file's tokens are estimated from a sample until someone asks for all. */
const largestSurveyed = 50 * 1024 * 1024;
const sampledRows = 2000;
const mostRows = 200;
const mostFound = 10_000;
const mostFiltered = 50_000;
/** Of a row that is shown as it is. */
const longestShown = 200_000;

type RowMethods = 'data/uses' | 'data/spans' | 'data/edit' | 'data/render';

/** What is asked about configs and about texts that are at hand. */
function textHandlers(views: DataViews, shape: RowPreviewer): Pick<Handlers<DataApi>, RowMethods> {
  return {
    'data/uses': ({ configs }) => ({ uses: configs.flatMap((config) => views.uses(config)) }),
    'data/spans': ({ view, rows }) => {
      const found = view === null ? undefined : views.view(view);
      const previewer = found?.previewer ?? shape;
      return {
        rows: rows.map((row) => previewer.preview(row) ?? nothing),
        ...(found === undefined ? {} : { length: found.options.length }),
      };
    },
    'data/edit': ({ text, variant, change }) => ({ edits: editData(text, variant, change) }),
    'data/render': ({ view, row }) => views.view(view).previewer.render(row),
  };
}

interface SurveyParams {
  readonly file: string;
  readonly view: ViewName | null;
  readonly role: DataUse['role'];
  readonly cache: string;
}

/** What is asked about files on disk. */
function fileHandlers({ emit, views, files, shape }: FileScene): Omit<Handlers<DataApi>, RowMethods> {
  const viewOrNot = (view: ViewName | null): DataView | undefined =>
    view === null ? undefined : views.view(view);
  const question = (
    { file, view, role, cache }: SurveyParams,
    sample: number | undefined,
    signal: AbortSignal,
  ): SurveyQuestion => {
    const found = viewOrNot(view);
    return {
      file,
      cache,
      key: `${found?.stamp ?? ''}\n${view?.variant ?? ''}\n${role}`,
      preview: found?.options,
      exclude: role === 'train' ? (found?.data.exclude ?? []) : [],
      ...(sample === undefined ? {} : { sample }),
      signal,
    };
  };
  // A file that others have pushed out of memory since its page opened is indexed anew.
  const indexed = <T>(file: string, read: (rows: RowFile) => Promise<T>): Promise<T> =>
    files.reading(file, '', async (opened) => {
      void files.index(opened, '').catch(() => undefined);
      return await read(opened.rows);
    });
  return {
    'data/recognise': async ({ files: paths }) => ({ formats: await Promise.all(paths.map(recogniseFile)) }),
    'data/tokens': async ({ view, line }) => {
      const { previewer, data } = views.view(view);
      const { file } = locateData(data.train, 'train');
      return files.reading(file, '', async ({ rows }) => {
        const row = await rows.atLine(line);
        if (row === undefined)
          throw new UserError('line-missing', `has no row at ${rows.unit} ${line}.`, { place: { file } });
        return { file, line, tokens: previewer.tokens(row.text) };
      });
    },
    'data/survey': async (params, signal) => {
      const { rows } = await files.open(params.file, params.cache);
      const isSampled = rows.size > largestSurveyed && params.all !== true;
      return files.survey(question(params, isSampled ? sampledRows : undefined, signal));
    },
    'data/open': ({ file, cache, count }) =>
      files.reading(file, cache, async (opened) => {
        const read = await opened.rows.rows(1, Math.min(count, mostRows));
        // Its first slice, some milliseconds, knows of these rows. Errors of the pass show when rows are read.
        void files.index(opened, cache).catch(() => undefined);
        const first = read.map((row) => itemOf(row, undefined));
        return { ...files.state(opened), unit: opened.rows.unit, first };
      }),
    'data/rows': async ({ file, first, count, view }) => {
      const found = viewOrNot(view);
      const read = await indexed(file, (rows) => rows.rows(Math.max(1, first), Math.min(count, mostRows)));
      return { rows: read.map((row) => itemOf(row, found)) };
    },
    'data/row': async ({ file, row, view }) => {
      const [found] = await indexed(file, (rows) => rows.rows(row, 1));
      if (found === undefined) throw new UserError('line-missing', `has no row ${row}.`, { place: { file } });
      const previewer = viewOrNot(view)?.previewer ?? shape;
      const lints = previewer.preview(found.text)?.lints ?? [];
      const text = found.text.slice(0, longestShown);
      return { line: found.line, text, rendered: renderOrNot(previewer, found.text), lints };
    },
    'data/rowAt': async ({ file, line }) => {
      const found = await indexed(file, (rows) => rows.atLine(line));
      return { row: found?.row ?? null };
    },
    'data/search': ({ file, text, id }, signal) =>
      files.reading(file, '', ({ rows }) => {
        const found = (numbers: readonly number[], done: number): void => {
          emit('data/found', { id, rows: numbers, done, size: rows.size });
        };
        return searchRows(rows, { text, found, most: mostFound, signal });
      }),
    'data/filter': async (params, signal) =>
      filterRows(await files.table(question(params, undefined, signal)), params),
  };
}

interface FileScene {
  readonly emit: Emit<ServeEvents>;
  readonly views: DataViews;
  readonly files: DataFiles;
  readonly shape: RowPreviewer;
}

export function dataHandlers(emit: Emit<ServeEvents>): Answers<DataApi> {
  const views = new DataViews();
  const files = new DataFiles(emit);
  const shape = new RowPreviewer();
  return {
    dispose: () => {
      files.dispose();
    },
    handlers: { ...textHandlers(views, shape), ...fileHandlers({ emit, views, files, shape }) },
  };
}

function renderOrNot(previewer: RowPreviewer, text: string): ReturnType<RowPreviewer['render']> | null {
  try {
    return previewer.render(text);
  } catch (error) {
    // Its lints say why.
    if (error instanceof UserError) return null;
    throw error;
  }
}

function itemOf({ row, line, text }: FileRow, view: DataView | undefined): RowItem {
  const preview = view?.previewer.preview(text);
  return {
    row,
    line,
    excerpt: excerptOf(text, view?.options ?? {}),
    ...(preview?.tokens === undefined ? {} : { tokens: preview.tokens, supervised: preview.supervised ?? 0 }),
    lints: preview?.lints.map(({ code }) => code) ?? [],
    excluded: includesRow(rowRanges(view?.data.exclude ?? []), line),
  };
}

function filterRows(
  table: Awaited<ReturnType<DataFiles['table']>>,
  { lint, least = 0, most = Infinity }: { lint?: string; least?: number; most?: number },
): { rows: number[]; found: number } {
  if (table === undefined) return { rows: [], found: 0 };
  const bit = lint === undefined ? undefined : table.codes.indexOf(lint);
  const rows: number[] = [];
  let found = 0;
  for (const [i, tokens] of table.tokens.entries()) {
    const fits = bit === undefined || (bit >= 0 && ((table.lints[i]! >>> bit) & 1) === 1);
    if (!fits || tokens < least || tokens > most) continue;
    found += 1;
    if (rows.length < mostFiltered) rows.push(i + 1);
  }
  return { rows, found };
}
