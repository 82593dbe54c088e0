/** @file trainer_state.json as transformers writes it (trainer_callback.py, TrainerState), for tools that read it. */
import type { EvaluationEvent, RunEvent, StepEvent } from '../contract/run.ts';

/** What the events don't say. */
export interface TrainerFacts {
  readonly steps: number;
  readonly epochs: number;
  /** Rows a micro-batch; undefined where a token budget decides. */
  readonly batch: number | undefined;
  readonly evaluateEvery: number;
  readonly checkpointEvery: number;
  /** Steps an epoch has, where it is known: epochs in the log follow from it. */
  readonly stepsPerEpoch: number | undefined;
}

/** transformers logs every so many steps; the file is written whole each time, so its length is bounded. */
const mostRows = 2000;

interface Window {
  loss: number;
  gradNorm: number;
  count: number;
}

/** Gathers a run's events, superseded ones left out; `text` may be asked for at any time. */
export class TrainerLog {
  readonly #facts: TrainerFacts;
  readonly #every: number;
  #rows: Record<string, number>[] = [];
  #window: Window = { loss: 0, gradNorm: 0, count: 0 };
  #last = { step: 0, tokens: 0, seconds: 0, lossSum: 0 };
  #best: EvaluationEvent | undefined;

  constructor(facts: TrainerFacts) {
    this.#facts = facts;
    this.#every = Math.max(1, Math.ceil(facts.steps / mostRows));
  }

  /** Epochs done after this step, undefined where an epoch's length isn't known. */
  epochOf(step: number): number | undefined {
    const { stepsPerEpoch } = this.#facts;
    return stepsPerEpoch === undefined ? undefined : step / stepsPerEpoch;
  }

  add(event: RunEvent): void {
    if (event.event === 'step') this.#addStep(event);
    else if (event.event === 'evaluation') {
      this.#rows.push(this.#row(event.step, { eval_loss: event.loss, eval_runtime: event.seconds }));
      if (event.best) this.#best = event;
    }
  }

  #addStep({ step, loss, gradNorm, learningRate, tokens, seconds }: StepEvent): void {
    this.#last = {
      step,
      tokens: this.#last.tokens + tokens,
      seconds: this.#last.seconds + seconds,
      lossSum: this.#last.lossSum + loss,
    };
    const { loss: sum, gradNorm: norms, count } = this.#window;
    this.#window = { loss: sum + loss, gradNorm: norms + gradNorm, count: count + 1 };
    if (step % this.#every !== 0 && step !== this.#facts.steps) return;
    const mean = this.#window.loss / this.#window.count;
    this.#rows.push(this.#row(step, { loss: mean, grad_norm: gradNorm, learning_rate: learningRate }));
    this.#window = { loss: 0, gradNorm: 0, count: 0 };
  }

  #row(step: number, values: Readonly<Record<string, number>>): Record<string, number> {
    const epoch = this.epochOf(step);
    return { ...(epoch === undefined ? {} : { epoch }), ...values, step };
  }

  /** The file's text: keys sorted, indent 2. `bestCheckpoint` is a path, where one is kept; `ended` adds the closing row. */
  text(options: { readonly bestCheckpoint?: string; readonly ended?: boolean } = {}): string {
    const { steps, epochs, batch, evaluateEvery, checkpointEvery } = this.#facts;
    const { step, tokens, seconds, lossSum } = this.#last;
    const closing = {
      train_runtime: seconds,
      train_steps_per_second: seconds > 0 ? step / seconds : 0,
      train_loss: step > 0 ? lossSum / step : 0,
      total_flos: 0,
    };
    const history = options.ended === true ? [...this.#rows, this.#row(step, closing)] : this.#rows;
    const state = {
      best_global_step: this.#best?.step ?? null,
      best_metric: this.#best?.loss ?? null,
      best_model_checkpoint: options.bestCheckpoint ?? null,
      epoch: this.epochOf(step) ?? 0,
      eval_steps: evaluateEvery || steps,
      global_step: step,
      is_hyper_param_search: false,
      is_local_process_zero: true,
      is_world_process_zero: true,
      log_history: history.map((row) =>
        Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))),
      ),
      logging_steps: this.#every,
      max_steps: steps,
      num_input_tokens_seen: tokens,
      num_train_epochs: Math.ceil(epochs),
      save_steps: checkpointEvery || steps,
      stateful_callbacks: {},
      total_flos: 0,
      train_batch_size: batch ?? null,
      trial_name: null,
      trial_params: null,
    };
    return `${JSON.stringify(state, null, 2)}\n`;
  }
}
