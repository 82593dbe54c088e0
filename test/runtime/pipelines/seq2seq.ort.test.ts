/** @file A base that writes about a text, from prompts and completions: trained, asked, merged, resumed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evaluateModel } from '../../../runtime/pipelines/evaluate.ts';
import { generateText } from '../../../runtime/pipelines/generate.ts';
import { mergeAdapter } from '../../../runtime/pipelines/merge.ts';
import { adapterTensors, runFinetune, writeRows } from '../../support/finetuneRun.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { writeT5Base } from '../../support/textBases.ts';

const scratch = temporaryFolder();
const base = writeT5Base(join(scratch, 'base'));
const colours = ['red', 'green', 'blue'];
const animals = ['cat', 'dog', 'bird'];
/** What is said of an animal, turned around. */
const rows = animals.flatMap((animal) =>
  colours.map((colour) => ({ prompt: `the ${animal} is ${colour}`, completion: `a ${colour} ${animal}` })),
);
const data = writeRows(join(scratch, 'rows.jsonl'), rows);

const settings = (steps: number): Record<string, unknown> => ({
  base,
  data: { train: data, validation: data, length: 16 },
  method: { kind: 'lora', rank: 8 },
  training: {
    batch: 9,
    learningRate: 1e-2,
    schedule: 'constant',
    warmup: 0,
    steps,
    evaluateEvery: steps,
    checkpointEvery: 10,
    samples: 2,
  },
  output: join(scratch, 'runs'),
});

test('learns to write, is asked greedily, merged, and answers the same', async () => {
  const { result } = await runFinetune(scratch, settings(80));
  const adapter = result.adapter!;
  const config = JSON.parse(readFileSync(join(adapter, 'adapter_config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ task_type: 'SEQ_2_SEQ_LM', modules_to_save: null });
  const measured = { data, length: 16, provider: 'cpu', measures: ['loss', 'exact-match'] } as const;
  const found = await evaluateModel({ ...measured, base, adapter });
  expect(found.exact).toBe(1);
  expect(found.answers[0]).toMatchObject({ wanted: 'a red cat', given: 'a red cat' });
  const output = join(scratch, 'merged');
  const { difference } = await mergeAdapter({ base, adapter, output, threads: 1 });
  expect(difference).toBeLessThan(1e-4);
  const asked = { prompt: 'the dog is blue', maxTokens: 8, sampling: { temperature: 0, topP: 1, seed: 0 } };
  for (const model of [{ base, adapter }, { base: output }])
    expect(await generateText({ ...asked, ...model, provider: 'cpu' })).toEqual(['a blue dog']);
  // base and adapter answered the held-out rows meanwhile
  const answers = readFileSync(join(result.folder, 'answers.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.parse(answers.at(-1)!)).toMatchObject({ step: 80, answers: [{ text: 'a red cat' }, {}] });
});

test('goes on after a stop with the bits of a run that was not stopped', async () => {
  const config = { ...settings(20), memory: 'low' };
  const whole = await runFinetune(scratch, config);
  const first = await runFinetune(scratch, config, { stopAfter: 11 });
  const second = await runFinetune(scratch, config, { resume: first.result.folder });
  expect(adapterTensors(second.result.adapter!)).toEqual(adapterTensors(whole.result.adapter!));
});

test('rows of chats and plain texts are refused', async () => {
  const texts = writeRows(join(scratch, 'texts.jsonl'), [{ text: 'the cat' }]);
  const config = settings(2);
  const reading = config['data'] as object;
  await expect(
    runFinetune(scratch, { ...config, data: { ...reading, train: texts, validation: 0 } }),
  ).rejects.toMatchObject({ code: 'format-unfit' });
});
