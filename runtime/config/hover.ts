/** @file What a key costs or means here, in numbers: what the schema's own hover can't know. */
import type { ConfigHover } from '../contract/api/config.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../contract/format.ts';
import { methodOf } from '../methods/index.ts';
import { layerNumbers } from '../methods/layerNumbers.ts';
import { suffixMatches } from '../formats/pythonPattern.ts';
import type { OpenedBase } from './bases.ts';
import type { AdaptedTarget } from './baseShape.ts';
import { contextAt } from './context.ts';
import type { FullCheck } from './fullCheck.ts';
import { methodWords } from './methodHover.ts';
import type { MethodWords } from './methodHover.ts';
import { providerOf } from './options.ts';
import { endsInName, matchModules } from './targets.ts';

type View = FullCheck & { readonly variant?: string };

interface Scene {
  readonly view: FullCheck;
  readonly base: OpenedBase | undefined;
  readonly rate: number | undefined;
  /** The item or key below the option: a name of a list, a pattern. */
  readonly item: string | undefined;
}

/** Bytes of a trained number: value and gradient, each in two homes, and Adam's two moments likewise; float32. */
const trainedBytes = (stateVectors: number): number => 4 * 2 * (2 + stateVectors);

const trainedIn = (targets: readonly AdaptedTarget[]): number =>
  targets.reduce((sum, { trained }) => sum + trained, 0);

/** Lines by the option's path; an option that isn't here has nothing to say beyond its schema. */
const speakers: Readonly<Record<string, (scene: Scene) => readonly (string | undefined)[]>> = {
  base: ({ base }) => (base === undefined ? [] : baseLines(base)),
  'method.kind': (scene) => [adapterWords(scene)],
  'method.init': (scene) => [adapterWords(scene)],
  'method.experts': (scene) => [adapterWords(scene)],
  'method.frozenA': (scene) => [adapterWords(scene)],
  'method.loraPlus': ({ view }) => [rateWords(view, 'loraPlus', 'B learns')],
  'method.eta': ({ view }) => [rateWords(view, 'eta', 'With AdamW A and B learn')],
  'method.rank': (scene) => [adapterWords(scene), rankWords(scene), timeWords(scene.view)],
  'method.alpha': ({ view }) => [scaleWords(view)],
  'method.targets': (scene) => (scene.item === undefined ? [adapterWords(scene)] : [nameWords(scene)]),
  'method.rankPattern': (scene) => [patternWords(scene)],
  'method.alphaPattern': (scene) => [patternWords(scene)],
  'method.modulesToSave': (scene) => [savedWords(scene)],
  'method.from': (scene) => [adapterWords(scene), scaleWords(scene.view)],
  method: (scene) => [adapterWords(scene), scaleWords(scene.view)],
  'data.train': ({ view }) => [rowWords(view)],
  'data.length': ({ view }) => [lengthWords(view), activationWords(view), timeWords(view)],
  'training.batch': ({ view }) => [activationWords(view), timeWords(view)],
  'training.tokens': ({ view }) => [activationWords(view), timeWords(view)],
  'training.epochs': ({ view }) => [stepWords(view), allTimeWords(view)],
  'training.steps': ({ view }) => [stepWords(view), allTimeWords(view)],
  'training.accumulate': ({ view }) => [stepWords(view), timeWords(view)],
  'training.warmup': ({ view }) => [warmupWords(view)],
  'training.learningRate': ({ rate }) =>
    rate === undefined ? [] : [`The learning-rate finder suggests ${formatNumber(rate)} for this file.`],
  'training.optimizer': ({ view }) => [
    view.memory && `Adapter, gradient and state take ${formatBytes(view.memory.adapter)}.`,
  ],
  memory: ({ view }) => [...memoryLines(view), timeWords(view)],
  device: ({ view }) => [timeWords(view)],
};

/** Undefined where there is nothing to add. */
export function hoverAt(
  text: string,
  offset: number,
  views: readonly View[],
  baseOf: (view: FullCheck) => OpenedBase | undefined,
  rate: number | undefined,
): ConfigHover | undefined {
  const context = contextAt(text, offset);
  if (context === undefined) return undefined;
  const view = views.find(({ variant }) => variant === context.variant);
  if (view === undefined) return undefined;
  const { path, range } = context;
  const [section, key, last] = path;
  const { offset: at, length } = range;
  const item = typeof last === 'number' ? unquoted(text.slice(at, at + length)) : last;
  const name = path.slice(0, 2).join('.');
  if (path.length > 3 || !(Object.hasOwn(speakers, name) || section === 'method')) return undefined;
  if (['method.kind', 'method.init'].includes(name) && isMistake(view, at)) return undefined;
  const scene = { view, base: baseOf(view), rate, item };
  const aboutMethod = section === 'method' && typeof key === 'string' && last === undefined;
  return spoken(range, name, scene, aboutMethod ? methodWords(view, key, scene.base) : undefined);
}

/** What the key's own speaker and its method say, undefined where neither has a word. */
function spoken(
  range: ConfigHover['range'],
  name: string,
  scene: Scene,
  about: MethodWords | undefined,
): ConfigHover | undefined {
  const own = Object.hasOwn(speakers, name) ? speakers[name]!(scene) : [];
  const lines = [...(about?.lines ?? []), ...own].filter((line) => line !== undefined);
  if (lines.length === 0) return undefined;
  return { range, lines, ...(about && about.links.length > 0 && { links: about.links }) };
}

/** A default stands in for a mistake: what it would cost says nothing of what is written. */
const isMistake = ({ diagnostics }: View, at: number): boolean =>
  diagnostics.some(({ severity, range }) => severity === 'error' && range?.offset === at);

function unquoted(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

function baseLines({ spec, shape }: OpenedBase): string[] {
  const numbers = [...shape.sizes.values()].reduce((sum, size) => sum + size, 0);
  return [
    `${spec.modelType}: ${spec.layers.length} blocks, ${shape.linears.length} linears, ${formatCount(numbers)} numbers.`,
    `Reads rows of up to ${formatCount(shape.positions)} tokens.`,
  ];
}

function adapterWords({ view: { summary } }: Scene): string | undefined {
  if (summary === undefined) return undefined;
  const { matched, linears, parameters, frozen, stored, saved } = summary;
  const still = frozen === 0 ? '' : ` beside ${formatCount(frozen)} frozen ones`;
  const whole = saved === 0 ? '' : `, and ${formatCount(saved)} of modules trained whole`;
  return `Adapts ${matched} of ${linears} linears: ${formatCount(parameters)} numbers${still}${whole}, a file of ${formatBytes(4 * (stored + saved))}.`;
}

/** How many numbers more are trained where each target's rank is one more. */
function rankWords({ view: { summary, config }, base }: Scene): string | undefined {
  if (summary === undefined || config === undefined || base === undefined) return undefined;
  if (summary.targets.length === 0) return undefined;
  const method = methodOf(config.method.kind);
  const shapes = new Map(base.shape.linears.map((linear) => [linear.path, linear]));
  const more = summary.targets.map(({ path, rank, alpha }) => {
    const options = method.layerOptions(config.method, { rank: rank + 1, alpha }, config.training);
    return layerNumbers(method, options, shapes.get(path)!).trained;
  });
  const perRank = more.reduce((sum, numbers) => sum + numbers, 0) - summary.parameters;
  const state = config.training.optimizer === 'adamw' ? 2 : 1;
  return `Each rank more: ${formatCount(perRank)} numbers, ${formatBytes(perRank * trainedBytes(state))} of memory.`;
}

function scaleWords({ summary }: FullCheck): string | undefined {
  const scales = [...new Set((summary?.targets ?? []).map(({ scale }) => formatNumber(scale)))];
  if (scales.length === 0) return undefined;
  return `The update is scaled by ${scales.slice(0, 5).join(', ')}${scales.length > 5 ? ', ...' : ''}.`;
}

/** The peak rate of what learns this many times as fast. */
function rateWords({ config }: FullCheck, key: string, what: string): string | undefined {
  const factor = config?.method[key];
  if (config === undefined || typeof factor !== 'number' || factor === 1) return undefined;
  const { learningRate, optimizer } = config.training;
  if (key === 'eta' && (optimizer !== 'adamw' || config.method['adamRate'] !== 'eta-scaled'))
    return undefined;
  return `${what} at rates up to ${formatNumber(factor * learningRate)}.`;
}

function nameWords({ view: { summary }, item }: Scene): string | undefined {
  if (summary === undefined || item === undefined) return undefined;
  const hits = summary.targets.filter(({ path }) => endsInName(path, item));
  return `Matches ${hits.length} linears: ${formatCount(trainedIn(hits))} numbers.`;
}

function patternWords({ view: { summary }, item }: Scene): string | undefined {
  if (summary === undefined || item === undefined) return undefined;
  const matches = suffixMatches(
    item,
    summary.targets.map(({ path }) => path),
  );
  const hits = summary.targets.filter((_, i) => matches[i]);
  return `Matches ${hits.length} of ${summary.targets.length} targets: ${formatCount(trainedIn(hits))} numbers.`;
}

function savedWords({ base, item, view: { summary } }: Scene): string | undefined {
  if (base === undefined) return undefined;
  const modules = item === undefined ? [] : matchModules([item], base.shape.modules);
  const numbers =
    item === undefined
      ? (summary?.saved ?? 0)
      : modules.reduce((sum, module) => sum + (base.shape.sizes.get(module) ?? 0), 0);
  return `Trained whole: ${formatCount(numbers)} numbers, ${formatBytes(4 * numbers)} in the adapter's file.`;
}

function rowWords({ facts }: FullCheck): string | undefined {
  if (facts?.rows === undefined || facts.longest === undefined) return undefined;
  const about = facts.exact ? '' : 'about ';
  return `${about}${formatCount(facts.rows)} rows; 95 of 100 have at most ${formatCount(facts.percentile95 ?? 0)} tokens, the longest ${facts.exact ? '' : 'of the first ones '}has ${formatCount(facts.longest)}.`;
}

const lengthWords = (view: FullCheck): string | undefined => rowWords(view);

function activationWords({ memory }: FullCheck): string | undefined {
  if (memory === undefined) return undefined;
  const most = memory.atMost ? 'up to ' : '';
  return `Activations of the largest micro-batch take ${most}${formatBytes(memory.activations)}, the run ${most}${formatBytes(memory.total)}.`;
}

const stepWords = ({ steps, facts }: FullCheck): string | undefined =>
  steps === undefined
    ? undefined
    : `The run has ${facts?.exact === false ? 'about ' : ''}${formatCount(steps)} steps.`;

/** What says how long it takes is named: a person can weigh it. */
function timeWords({ stepTime, config, facts }: FullCheck): string | undefined {
  if (stepTime !== undefined) {
    const { seconds, tokens, from } = stepTime;
    const by =
      'run' in from
        ? `as in run ${from.run}`
        : `by this device's measured ${formatNumber(from.gigaflops)} GFLOP/s`;
    return `About ${formatDuration(seconds)} a step of about ${formatCount(tokens)} tokens, ${by}.`;
  }
  if (config === undefined || facts?.meanLength === undefined) return undefined;
  return providerOf(config.device) === 'cpu'
    ? 'Measure the device in Devices to see seconds a step.'
    : `A first run on this base tells the seconds a step on ${config.device}.`;
}

const allTimeWords = ({ stepTime, steps }: FullCheck): string | undefined =>
  stepTime === undefined || steps === undefined
    ? undefined
    : `About ${formatDuration(stepTime.seconds * steps)} in all, ${formatDuration(stepTime.seconds)} a step.`;

function warmupWords({ config, steps }: FullCheck): string | undefined {
  if (config === undefined || steps === undefined) return undefined;
  const { warmup } = config.training;
  return `${formatCount(warmup < 1 ? Math.ceil(warmup * steps) : warmup)} of ${formatCount(steps)} steps.`;
}

function memoryLines({ memory }: FullCheck): string[] {
  if (memory === undefined) return [];
  const { weights, activations, working, adapter, process, total, atMost } = memory;
  return [
    `The run needs ${atMost ? 'up to' : 'about'} ${formatBytes(total)}:`,
    `weights ${formatBytes(weights)}, activations ${formatBytes(activations)}, working ${formatBytes(working)}, adapter ${formatBytes(adapter)}, process ${formatBytes(process)}.`,
  ];
}
