/** @file Getting Started: the first adapter, step by step. */
import type { Area, Command } from './area.ts';

export const walkthroughId = 'adapterWorkbench.start';
/** Keys of when clauses that complete a step. */
export const trainedKey = 'adapterWorkbench.hasAdapter';
export const triedKey = 'adapterWorkbench.triedAdapter';
export const mistakeKey = 'adapterWorkbench.sawMistake';

export const walkthroughCommands = {
  'adapterWorkbench.openWalkthrough': { title: 'Open Walkthrough', icon: '$(mortar-board)' },
  'adapterWorkbench.openFirstConfig': { title: 'Open Config of the First Adapter', palette: false },
  'adapterWorkbench.openFirstData': { title: 'Open Data of the First Adapter', palette: false },
} as const satisfies Record<string, Command>;

export type WalkthroughCommandId = keyof typeof walkthroughCommands;

const picture = (name: string, altText: string) => ({ image: `media/walkthrough/${name}.png`, altText });

export const walkthrough: Area = {
  commands: walkthroughCommands,
  walkthroughs: [
    {
      id: walkthroughId,
      title: 'Train Your First Adapter',
      description:
        'From nothing to an adapter that you understand, in five minutes, on any processor. No Python, no download.',
      steps: [
        {
          id: 'train',
          title: 'Train the first adapter',
          description: [
            'A tiny chat model learns to turn customer messages into tickets. It takes about a minute and needs no network.',
            '[Train the First Adapter](command:adapterWorkbench.quickStart)',
            'The files go into adapter-quickstart in your folder; you watch the loss fall while it learns.',
          ].join('\n'),
          media: picture('train', "The page of a run: the loss falls far below the base's dashed line."),
          completionEvents: [`onContext:${trainedKey}`],
        },
        {
          id: 'learned',
          title: 'See that it learned',
          description: [
            'Ask the base and the adapter the same question, and see both answers side by side.',
            '[Try It](command:adapterWorkbench.tryAdapter)',
            'The message at the end of the run says how many of 100 unseen messages it answers exactly, and how many the base does.',
          ].join('\n'),
          media: picture('learned', "One customer message, the base's answer and the adapter's ticket."),
          completionEvents: [`onContext:${triedKey}`],
        },
        {
          id: 'config',
          title: 'Open its config and break it',
          description: [
            'Everything about a run is in one small file. Change `rank` to 6000 or misspell a key: the mistake is marked while you type, before any training starts.',
            '[Open the Config](command:adapterWorkbench.openFirstConfig)',
          ].join('\n'),
          media: picture('config', 'A config with a misspelt key, marked with a squiggle and explained.'),
          completionEvents: [`onContext:${mistakeKey}`],
        },
        {
          id: 'data',
          title: 'Look at your data as the model does',
          description: [
            'Open the training data: rows of conversations in a JSONL file. Only the answers are trained, and the editor shows which tokens these are.',
            '[Open the Training Data](command:adapterWorkbench.openFirstData)',
            'Your own file only needs one conversation, or a question with its answer, on each line.',
          ].join('\n'),
          media: picture('data', 'Rows of a JSONL file in the editor.'),
          completionEvents: ['onCommand:adapterWorkbench.openFirstData'],
        },
        {
          id: 'base',
          title: 'Take your own base and data',
          description: [
            'A folder with safetensors, a .gguf file or a model of the Hugging Face hub, and a file of rows: the rest has good defaults.',
            '[New Adapter Config](command:adapterWorkbench.newConfig)',
          ].join('\n'),
          media: picture('base', 'A new config with a comment on each of its lines.'),
          completionEvents: ['onCommand:adapterWorkbench.newConfig'],
        },
      ],
    },
  ],
};
