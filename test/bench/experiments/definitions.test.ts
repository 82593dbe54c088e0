/** @file The experiments themselves: methods and options that the product knows, questions that can be answered, a plan that fits. */
import { describe, expect, it } from 'vitest';
import { experimentNamed, experimentNames } from '../../../bench/experiments/definitions/index.ts';
import { planOf, planSeconds } from '../../../bench/experiments/plan.ts';
import { armNamed } from '../../../bench/experiments/protocol.ts';
import { storageTable } from '../../../bench/experiments/storageTable.ts';
import { rowsOf } from '../../../bench/experiments/tasks.ts';
import { resolveTrial } from '../../../bench/experiments/trial.ts';
import { initialisers } from '../../../runtime/methods/inits/index.ts';
import { methods } from '../../../runtime/methods/index.ts';
import { shared } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const here = shared('data') !== undefined;

describe.each(here ? experimentNames : ['tickets'])('%s', (name) => {
  const experiment = experimentNamed(name, folder);

  it('is called by its own name, with studies and arms of different names', () => {
    expect(experiment.name).toBe(name);
    for (const names of [experiment.studies, ...experiment.studies.map(({ arms }) => arms)])
      expect(new Set(names.map((one) => one.name)).size).toBe(names.length);
  });

  it.each(['cpu', 'webgpu'] as const)('has configs that the check takes, at every rate, on %s', (device) => {
    for (const study of experiment.studies)
      for (const arm of study.arms)
        for (const k of [-arm.rates.extend, 0, arm.rates.count + arm.rates.extend - 1])
          expect(resolveTrial(study, { arm: arm.name, k, seed: 0 }, folder, device).config.method.kind).toBe(
            arm.method['kind'],
          );
  });

  it('asks about arms and steps that there are', () => {
    for (const study of experiment.studies) {
      const quantities = [...study.shown, ...study.questions.map(({ at }) => at)];
      for (const quantity of quantities) {
        const [kind, step] = quantity.split('@');
        if (kind === 'validation' && step !== undefined)
          expect(Number(step) % study.training.evaluateEvery).toBe(0);
        else if (kind !== 'validation' && !/^(start|end): |^loss on the smaller base$/.test(quantity))
          expect(study.task.measures.map((measure) => measure.name)).toContain(quantity);
      }
      for (const question of study.questions) {
        armNamed(study, question.arm);
        if ('than' in question && typeof question.than === 'string') armNamed(study, question.than);
      }
    }
  });

  it('takes at most three hours by its own figures, with five seeds on the tiny base', () => {
    const seconds = experiment.studies.reduce((sum, study) => sum + planSeconds(planOf(study, [])), 0);
    expect(seconds).toBeLessThan(3 * 3600);
    if (name !== 'tickets') expect(experiment.studies[0]!.seeds.length).toBeGreaterThanOrEqual(5);
  });
});

describe('definitions', () => {
  it('let every method and initialiser learn tickets', () => {
    const [study] = experimentNamed('tickets', folder).studies;
    const tried = study!.arms.map(({ method }) => method);
    expect(new Set(tried.map(({ kind }) => kind))).toEqual(new Set(methods.map(({ kind }) => kind)));
    expect(tried.map(({ init }) => init)).toEqual(expect.arrayContaining(Object.keys(initialisers)));
  });

  it("reckon LoRAM's storage to the digits that its paper prints", () => {
    for (const row of storageTable().rows)
      for (const [reckoned, printed] of [
        [row[4], row[6]],
        [row[7], row[9]],
      ])
        expect(reckoned).toBe(printed === '' ? '' : `${printed} ×`);
  });

  it('refuse a name that there is not', () => {
    expect(() => experimentNamed('constructor', folder)).toThrow('no experiment is called constructor');
  });

  it('read rows of JSON lines and of one array', () => {
    const rows = [{ a: 1 }, { a: 2 }];
    expect(rowsOf('{"a": 1}\n\n{"a": 2}\n')).toEqual(rows);
    expect(rowsOf(' [{"a": 1}, {"a": 2}]')).toEqual(rows);
  });
});
