/** @file Entry of the page of compared runs: loads them once, follows them, draws at most once a frame. */
import type { Comparison } from '../../runtime/contract/api/compare.ts';
import { protocolVersion } from '../../runtime/contract/protocol.ts';
import { connect } from '../../runtime/contract/rpc.ts';
import type { None } from '../../runtime/contract/rpc.ts';
import { openChannel } from '../common/channel.ts';
import { emptyRun, reduce } from '../common/runState.ts';
import type { RunState } from '../common/runState.ts';
import { onThemeChange } from '../common/theme.ts';
import type { Look } from './curves.ts';
import type { ComparePageApi, ComparePageEvents, Loaded } from './protocol.ts';
import { CompareView } from './view.ts';

/** Kept by VS Code across a reload of the window; `folders` lets the extension open the same runs again. */
interface Kept {
  readonly folders: readonly string[];
  readonly look: Look;
}

const { port, vscode } = openChannel();
const root = document.querySelector('main')!;
const folders = JSON.parse(root.dataset['folders'] ?? '[]') as readonly string[];
let kept: Kept = { look: { smoothing: 0.8 }, ...(vscode.getState() as Partial<Kept> | undefined), folders };
vscode.setState(kept);

let comparison: Comparison | undefined;
let states = new Map<string, RunState>();
let drawing = false;

const failed = (error: unknown): void => {
  const text = document.createElement('p');
  text.className = 'failure';
  text.setAttribute('role', 'alert');
  text.textContent = error instanceof Error ? error.message : String(error);
  root.prepend(text);
};

/** What failed is said, and leaves nothing to show. */
const orNone = <T>(rows: Promise<readonly T[]>): Promise<readonly T[]> =>
  rows.catch((error: unknown) => {
    failed(error);
    return [];
  });

const view = new CompareView(root, {
  look: kept.look,
  looksDifferent: (look) => {
    kept = { ...kept, look };
    vscode.setState(kept);
  },
  save: (file) => void extension.call('compare/save', file).catch(failed),
  open: (folder) => void extension.call('compare/open', { folder }).catch(failed),
  samples: (folders) => orNone(extension.call('compare/samples', { folders }).then(({ samples }) => samples)),
  answers: (folders) => orNone(extension.call('compare/answers', { folders }).then(({ answers }) => answers)),
});

function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (comparison !== undefined) view.update(comparison, states);
  });
}

function load(loaded: Loaded): void {
  ({ comparison } = loaded);
  states = new Map(loaded.runs.map(({ folder, parts }) => [folder, reduce(emptyRun, parts)]));
  draw();
}

const extension = connect<None, ComparePageApi, ComparePageEvents, None>(port, {
  version: protocolVersion,
  handlers: {},
  listeners: {
    'compare/changed': (changed) => {
      comparison = changed;
      draw();
    },
    'compare/events': ({ folder, parts, restarted }) => {
      const before = restarted ? emptyRun : (states.get(folder) ?? emptyRun);
      states.set(folder, reduce(before, parts));
      draw();
    },
    'compare/reloaded': load,
  },
});

onThemeChange(() => {
  view.recolor();
});
extension.call('compare/load', null).then(load, failed);
