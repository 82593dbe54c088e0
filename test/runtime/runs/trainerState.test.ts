/** @file trainer_state.json: the fields of transformers, and a bounded log. */
import { expect, test } from 'vitest';
import { TrainerLog } from '../../../runtime/runs/trainerState.ts';
import { stepEvent } from '../../support/runSummary.ts';

const facts = { steps: 4, epochs: 2, batch: 3, evaluateEvery: 2, checkpointEvery: 0, stepsPerEpoch: 2 };

test('rows, best and totals', () => {
  const log = new TrainerLog(facts);
  for (const step of [1, 2, 3, 4]) {
    log.add(stepEvent(step));
    if (step % 2 === 0)
      log.add({
        event: 'evaluation',
        step,
        loss: step === 2 ? 1 : 2,
        tokens: 5,
        seconds: 0.5,
        best: step === 2,
      });
  }
  const text = log.text({ ended: true, bestCheckpoint: 'checkpoint-2' });
  expect(text.endsWith('}\n')).toBe(true);
  const state = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(state)).toEqual(Object.keys(state).sort());
  expect(state).toEqual({
    best_global_step: 2,
    best_metric: 1,
    best_model_checkpoint: 'checkpoint-2',
    epoch: 2,
    eval_steps: 2,
    global_step: 4,
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: [
      { epoch: 0.5, grad_norm: 1, learning_rate: 1e-3, loss: 10, step: 1 },
      { epoch: 1, grad_norm: 0.5, learning_rate: 1e-3, loss: 5, step: 2 },
      { epoch: 1, eval_loss: 1, eval_runtime: 0.5, step: 2 },
      { epoch: 1.5, grad_norm: 1 / 3, learning_rate: 1e-3, loss: 10 / 3, step: 3 },
      { epoch: 2, grad_norm: 0.25, learning_rate: 1e-3, loss: 2.5, step: 4 },
      { epoch: 2, eval_loss: 2, eval_runtime: 0.5, step: 4 },
      {
        epoch: 2,
        step: 4,
        total_flos: 0,
        train_loss: (10 + 5 + 10 / 3 + 2.5) / 4,
        train_runtime: 1,
        train_steps_per_second: 4,
      },
    ],
    logging_steps: 1,
    max_steps: 4,
    num_input_tokens_seen: 3200,
    num_train_epochs: 2,
    save_steps: 4,
    stateful_callbacks: {},
    total_flos: 0,
    train_batch_size: 3,
    trial_name: null,
    trial_params: null,
  });
});

test('a long run logs the mean of every so many steps, the last step included', () => {
  const log = new TrainerLog({ ...facts, steps: 5001, stepsPerEpoch: undefined });
  for (let step = 1; step <= 5001; step++) log.add(stepEvent(step, { loss: step }));
  const state = JSON.parse(log.text()) as {
    logging_steps: number;
    log_history: { step: number; loss: number }[];
  };
  expect(state.logging_steps).toBe(3);
  expect(state.log_history).toHaveLength(1667);
  expect(state.log_history[0]).toEqual({ grad_norm: 1 / 3, learning_rate: 1e-3, loss: 2, step: 3 });
});
