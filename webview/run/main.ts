/** @file Entry of the run's page: loads the run once, follows it, draws at most once a frame. */
import { openChannel } from '../common/channel.ts';
import { emptyRun, reduce } from '../common/runState.ts';
import type { RunState } from '../common/runState.ts';
import { onThemeChange } from '../common/theme.ts';
import { connect } from '../../runtime/contract/rpc.ts';
import type { None } from '../../runtime/contract/rpc.ts';
import { unflatten } from '../../runtime/contract/steps.ts';
import { protocolVersion } from '../../runtime/contract/protocol.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { metricsCsv } from './csv.ts';
import type { RunPageApi, RunPageEvents } from './protocol.ts';
import type { Look } from './series.ts';
import { RunView } from './view.ts';

/** Kept by VS Code across a reload of the window; `folder` lets the extension open the same run again. */
interface Kept {
  readonly folder: string;
  readonly look: Look;
  readonly tab: number;
}

/** When what is there, in the browser's performance timeline: the bench reads it. */
const mark = (what: string): void => {
  if (performance.getEntriesByName(what).length === 0) performance.mark(what);
};
mark('script');

const { port, vscode } = openChannel();
const root = document.querySelector('main')!;
const folder = root.dataset['folder'] ?? '';
const usual: Omit<Kept, 'folder'> = { look: { smoothing: 0.8, scale: 'auto', unit: 'step' }, tab: 0 };
let kept: Kept = { ...usual, ...(vscode.getState() as Partial<Kept> | undefined), folder };
let summary: RunSummary | undefined;
let state: RunState = emptyRun;
let isGone = false;
let drawing = false;

const keep = (changes: Partial<Kept>): void => {
  kept = { ...kept, ...changes };
  vscode.setState(kept);
};
keep({});

/** Why the page could not be loaded; gone when it is told all the same. */
let unloaded: HTMLElement | undefined;

const failed = (error: unknown): HTMLElement => {
  const text = document.createElement('p');
  text.className = 'failure';
  text.textContent = error instanceof Error ? error.message : String(error);
  root.prepend(text);
  return text;
};

const view = new RunView(root, {
  stop: () => void extension.call('run/stop', null).catch(failed),
  resume: () => void extension.call('run/resume', null).catch(failed),
  show: (what) => void extension.call('run/show', { what }).catch(failed),
  showKey: (key) => void extension.call('run/showKey', { key }).catch(failed),
  rows: (step) => extension.call('run/rows', { step }),
  act: (step, row, action) => void extension.call('run/row', { step, row, action }).catch(failed),
  texts: () => {
    extension.call('run/texts', null).then((texts) => {
      if (summary !== undefined) view.setTexts(texts, summary, state);
    }, failed);
  },
  samples: () => {
    extension.call('run/samples', null).then((samples) => {
      view.setSamples(samples ?? undefined);
    }, failed);
  },
  selected: (tab) => {
    keep({ tab });
  },
  look: kept.look,
  looksDifferent: (look) => {
    keep({ look });
  },
  save: (plot) => void extension.call('run/save', { kind: 'plot', ...plot }).catch(failed),
  saveMetrics: () => {
    loading.then(() => extension.call('run/save', { kind: 'metrics', csv: metricsCsv(state) })).catch(failed);
  },
  note: () => summary?.record.id ?? '',
});

function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (summary === undefined) return;
    view.update(summary, state, isGone);
    // The plots draw in the frame after this one.
    if (state !== emptyRun)
      requestAnimationFrame(() => {
        mark('plots');
        if (!state.isOverview) mark('whole');
      });
  });
}

const extension = connect<None, RunPageApi, RunPageEvents, None>(port, {
  version: protocolVersion,
  handlers: {},
  listeners: {
    'run/changed': (changed) => {
      summary = changed;
      isGone = false;
      draw();
    },
    'run/gone': () => {
      isGone = true;
      draw();
    },
    'run/events': ({ steps, restarted }) => {
      unloaded?.remove();
      state = reduce(restarted ? emptyRun : state, unflatten(steps));
      draw();
    },
  },
});

mark('built');
onThemeChange(() => {
  view.recolor();
});
async function load(): Promise<void> {
  const { steps, isOverview, ...loaded } = await extension.call('run/load', null);
  mark('data');
  summary = loaded.summary;
  // Events that came while an answer was on its way are in the answer too: it was read after them.
  const events = steps.flatMap(unflatten);
  // asked before the overview is drawn: the answer is on its way meanwhile
  const all = isOverview ? extension.call('run/whole', null) : undefined;
  state = { ...reduce(emptyRun, events), ...(isOverview && { isOverview }) };
  draw();
  if (kept.tab > 0) view.selectTab(kept.tab);
  if (all !== undefined) {
    state = reduce(emptyRun, (await all).flatMap(unflatten));
    draw();
  }
}
/** Resolved when the page has all steps, not an overview. */
const loading = load();
loading.catch((error: unknown) => {
  unloaded = failed(error);
});
