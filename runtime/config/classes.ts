/** @file Which classes a run learns: those that the base names, those of the adapter it goes on with, or those of its rows. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { areNamed } from '../data/classes.ts';
import { collectClasses } from '../data/dataClasses.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import type { PeftAdapter } from '../formats/peft.ts';
import { classesFile } from '../formats/peftWrite.ts';
import { withClasses } from '../model/classifier.ts';
import type { ClassifiedBase } from '../model/classifier.ts';
import { ConfigReader } from '../model/configReader.ts';
import { readLabels } from '../model/families/family.ts';

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

/** The base with the classes that an adapter was trained for. Throws `adapter-misfit` where its classifier has no place. */
export function withAdapterClasses<B extends ClassifiedBase>(base: B, { folder, saved }: PeftAdapter): B {
  if (base.spec.task !== 'classification') return base;
  const outputs = saved.get(`${base.spec.names.head.path}.bias`)?.shape[0];
  const named = readClasses(folder);
  const count = outputs ?? named?.length;
  if (count === undefined) return base;
  if (named !== undefined && named.length !== count)
    throw new UserError('adapter-misfit', `names ${named.length} classes for a classifier of ${count}.`, {
      place: { file: join(folder, classesFile) },
    });
  const labels = named ?? Array.from({ length: count }, (_, id) => `LABEL_${id}`);
  const own = base.spec.labels ?? [];
  if (base.freshHead !== true) return named && named.length === own.length ? withClasses(base, named) : base;
  return withClasses(base, named === undefined && own.length === count ? own : labels);
}

/** `id2label` beside an adapter of ours; undefined where there is none, as in folders of PEFT. */
function readClasses(folder: string): readonly string[] | undefined {
  const file = join(folder, classesFile);
  return existsSync(file) ? readLabels(new ConfigReader(readJsonObject(file), file)) : undefined;
}
