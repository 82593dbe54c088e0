/** @file The classes of an adapter that classifies: as many as its classifier has outputs, named in a file of ours beside it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import type { PeftAdapter } from '../formats/peft.ts';
import { classesFile } from '../formats/peftWrite.ts';
import { withClasses } from './classifier.ts';
import type { ClassifiedBase } from './classifier.ts';
import { ConfigReader } from './configReader.ts';
import { readLabels } from './families/family.ts';

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
