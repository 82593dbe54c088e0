/** @file What trainings take: memory and time of an experiment's methods, each in a process of its own. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeText } from '../../runtime/formats/textFile.ts';
import { measureInChild } from '../measured.ts';
import type { MeasuredTraining } from '../measured.ts';
import type { Study, Table } from './experiment.ts';
import { resolveTrial } from './trial.ts';

/** The first one pays for what later ones find ready. */
const STEPS = 3;

/** A training of these methods on a study's task, or what an earlier call found of the same config; `folder` keeps it. */
export function memoryTable(study: Study, arms: readonly string[], folder: string): Table {
  mkdirSync(folder, { recursive: true });
  const rows = arms.map((arm): string[] => {
    const trial = { arm, k: 0, seed: study.seeds[0]! };
    const { configText } = resolveTrial(study, trial, join(folder, 'runs'), 'cpu');
    const name = createHash('sha256').update(configText).digest('hex').slice(0, 16);
    const [config, result] = [join(folder, `${name}.adapter.json`), join(folder, `${name}.json`)];
    if (!existsSync(result)) {
      writeText(config, configText);
      writeText(result, JSON.stringify(measureInChild(config, STEPS)));
    }
    return memoryRow(arm, JSON.parse(readFileSync(result, 'utf8')) as MeasuredTraining);
  });
  return {
    title: `Memory and time, measured (${study.name})`,
    head: ['method', 'frozen weights held', 'peak of the process', 's / step', 's before step 1'],
    rows,
  };
}

function memoryRow(arm: string, { held, peak, wall, opening }: MeasuredTraining): string[] {
  const step = [...wall].sort((a, b) => a - b)[wall.length >> 1]!;
  return [
    arm,
    `${(held / 1e6).toFixed(1)} MB`,
    `${(peak / 1e9).toFixed(2)} GB`,
    step.toFixed(2),
    opening.toFixed(0),
  ];
}
