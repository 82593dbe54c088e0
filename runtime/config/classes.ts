/** @file Which classes a run learns: those that the base names, or those of its rows. */
import type { DataConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { areNamed } from '../data/classes.ts';
import { collectClasses } from '../data/dataClasses.ts';
import { withClasses } from '../model/classifier.ts';
import type { ClassifiedBase } from '../model/classifier.ts';

/**
 * The base with the classes of the training rows, where it classifies and has no names of its own: names sorted, or as many numbers as
 * there are. Throws `classes-differ` where the base has a classifier for another number of them.
 */
export async function withDataClasses<B extends ClassifiedBase>(base: B, data: DataConfig): Promise<B> {
  const { task, labels = [] } = base.spec;
  if (task !== 'classification' || areNamed(labels)) return base;
  const found = await collectClasses(data);
  const { names } = found;
  if (names === undefined) {
    const count = base.freshHead === true ? Math.max(2, found.largest + 1) : labels.length;
    return withClasses(
      base,
      Array.from({ length: count }, (_, id) => `LABEL_${id}`),
    );
  }
  if (base.freshHead === true || names.length === labels.length) return withClasses(base, names);
  throw new UserError(
    'classes-differ',
    `names ${names.length} classes, and the base's classifier has ${labels.length}.`,
    {
      place: { file: data.train },
      hint: `They are ${names.slice(0, 12).join(', ')}. Correct the labels, or write the numbers of the base's classes.`,
    },
  );
}
