/** @file The classes that a data file names, read before its rows are encoded: a base that nobody taught classes learns these. */
import type { DataConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { includesRow, rowRanges } from '../contract/rowNumbers.ts';
import { ByteFile } from '../formats/byteFile.ts';
import { ClassNames } from './classes.ts';
import { placeOf } from './containers/container.ts';
import { openContainer } from './containers/open.ts';
import { atPlace } from './row.ts';
import type { Row } from './row.ts';
import { RowReader } from './rows.ts';

/** More would be a column of texts, taken for labels. */
const mostNames = 10_000;

/** The labels of all rows but those left out. Throws what a row that can't be read throws, with its place, and `labels-many`. */
export async function collectClasses({
  train,
  format,
  columns,
  exclude,
}: Pick<DataConfig, 'train' | 'format' | 'columns' | 'exclude'>): Promise<ClassNames> {
  const file = new ByteFile(train);
  const found = new ClassNames();
  try {
    const container = await openContainer(file);
    const reader = new RowReader({ format, columns, task: 'classification' });
    const excluded = rowRanges(exclude ?? []);
    for await (const rows of container.rows())
      for (const { value, line, error } of rows) {
        if (includesRow(excluded, line)) continue;
        try {
          if (error) throw error;
          const label = labelOf(reader.read(value, `${container.unit} ${line}`));
          if (label !== undefined) found.add(label);
        } catch (problem) {
          if (!(problem instanceof UserError)) throw problem;
          throw atPlace(problem, placeOf(file.path, container.unit, line));
        }
        if (found.count > mostNames)
          throw new UserError('labels-many', `has more than ${mostNames} different labels.`, {
            place: { file: file.path },
            hint: 'Name the column with the class in data.columns: { "label": "..." }.',
          });
      }
    return found;
  } finally {
    file.close();
  }
}

function labelOf(row: Row): number | string | undefined {
  return row.kind === 'classified' || row.kind === 'tokens' ? row.label : undefined;
}
