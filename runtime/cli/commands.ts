/** @file The commands by name. Each is loaded when it is called, so that a quick one starts quickly. */
import type { Command } from './command.ts';

interface Entry {
  readonly summary: string;
  /** Not for people: left out of the list. */
  readonly internal?: true;
  readonly load: () => Promise<Command>;
}

/** In the order of the help. A new command is one file and one line here. */
export const commands: Readonly<Record<string, Entry>> = {
  train: {
    summary: 'Train an adapter, or go on with a run that ended early.',
    load: async () => (await import('./train.ts')).train,
  },
  check: {
    summary: 'Check a config file: every mistake with its line and column.',
    load: async () => (await import('./check.ts')).check,
  },
  import: {
    summary: "Turn another tool's config into one of ours.",
    load: async () => (await import('./import.ts')).importCommand,
  },
  runs: {
    summary: 'List the runs of a folder, show one, or compare some.',
    load: async () => (await import('./runs.ts')).runs,
  },
  estimate: {
    summary: 'Say what a config costs: parameters, bytes, memory by part, time.',
    load: async () => (await import('./estimate.ts')).estimate,
  },
  sweep: {
    summary: 'Train variants with several seeds from a queue, and compare them.',
    load: async () => (await import('./sweep.ts')).sweep,
  },
  'sweep-worker': {
    summary: 'A process of `sweep`: runs its jobs over the process channel.',
    internal: true,
    load: async () => (await import('./sweepWorkers.ts')).sweepWorker,
  },
  'find-lr': {
    summary: 'Look for a learning rate: a few dozen steps with a growing rate.',
    load: async () => (await import('./findLr.ts')).findLr,
  },
  generate: {
    summary: 'Let a base write, with or without an adapter.',
    load: async () => (await import('./generate.ts')).generate,
  },
  evaluate: {
    summary: 'Judge a base, with or without an adapter, on held-out rows.',
    load: async () => (await import('./evaluate.ts')).evaluate,
  },
  merge: {
    summary: 'Write base and adapter as one model.',
    load: async () => (await import('./merge.ts')).merge,
  },
  export: {
    summary: 'Write a LoRAMoE adapter for tools that know plain LoRA only.',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  prune: {
    summary: 'Prune a base to train on, as LoRAM does.',
    load: async () => (await import('./prune.ts')).prune,
  },
  recover: {
    summary: "Write a pruned base's adapter in the shapes of the original.",
    load: async () => (await import('./recover.ts')).recover,
  },
  compact: {
    summary: "Write an adapter in the shapes of a pruned base: recover's reverse.",
    load: async () => (await import('./compact.ts')).compact,
  },
  probe: {
    summary: 'Compute logits, losses and gradients for given token ids.',
    load: async () => (await import('./probe.ts')).probe,
  },
  devices: {
    summary: 'List what can train here, with the self-test of each device.',
    load: async () => (await import('./devices.ts')).devices,
  },
  quickstart: {
    summary: 'Train a first adapter on a tiny base, in about a minute, offline.',
    load: async () => (await import('./quickstart.ts')).quickstart,
  },
  download: {
    summary: 'Download a base from the Hugging Face hub.',
    load: async () => (await import('./download.ts')).download,
  },
  serve: {
    summary: "The VS Code extension's companion: messages over the process channel.",
    load: async () => (await import('./serve.ts')).serve,
  },
};
