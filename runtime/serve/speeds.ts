/** @file What was measured on this machine, for the times of configs: read between questions, never while one waits. */
import { setImmediate } from 'node:timers/promises';
import type { RunSummary } from '../contract/api/runs.ts';
import type { RunSpeed } from '../contract/run.ts';
import { stampOf } from '../config/bases.ts';
import type { Speeds } from '../config/stepTime.ts';
import { cacheFolder } from '../formats/cacheFolder.ts';
import { readDeviceReports, reportsPath } from '../formats/deviceReports.ts';
import { fewestSteps, readSpeed } from '../runs/speed.ts';

/** The newest runs that have got far enough: older ones say the same, or were of an older version. */
const mostRuns = 64;

/** The CPU's measured rate, undefined where nobody has looked at the devices. */
export const measuredRate = (): number | undefined =>
  readDeviceReports(cacheFolder())?.devices.find(({ provider }) => provider === 'cpu')?.gigaflops;

export class KnownSpeeds {
  readonly #runs: () => readonly RunSummary[];
  readonly #read: (summary: RunSummary) => RunSpeed | undefined;
  /** By the folder of a run, and whether it had ended. */
  #known = new Map<string, RunSpeed | undefined>();
  #stamp = '';
  #busy: Promise<boolean> = Promise.resolve(false);
  #speeds: Speeds = { runs: [] };

  constructor(runs: () => readonly RunSummary[], read = readSpeed) {
    this.#runs = runs;
    this.#read = read;
  }

  /** As far as they were read. Another object when something else is known. */
  get known(): Speeds {
    return this.#speeds;
  }

  /** Reads what is new. True where that changes what is known. */
  refresh(): Promise<boolean> {
    const next = this.#busy.then(() => this.#refresh());
    this.#busy = next.catch(() => false);
    return next;
  }

  async #refresh(): Promise<boolean> {
    const newest = this.#runs()
      .filter(({ record }) => record.step >= fewestSteps)
      .sort((a, b) => b.record.created.localeCompare(a.record.created))
      .slice(0, mostRuns);
    const known = new Map<string, RunSpeed | undefined>();
    let different = newest.length !== this.#known.size;
    for (const summary of newest) {
      const { folder, label, record } = summary;
      const key = JSON.stringify([folder, label, record.status === 'running']);
      const before = this.#known.has(key);
      if (!before) {
        different = true;
        // an answer to a question goes first
        await setImmediate();
      }
      known.set(key, before ? this.#known.get(key) : this.#read(summary));
    }
    this.#known = known;
    const stamp = stampOf(reportsPath(cacheFolder()));
    if (!different && stamp === this.#stamp) return false;
    this.#stamp = stamp;
    const gigaflops = measuredRate();
    const speeds: Speeds = {
      runs: [...known.values()].filter((speed) => speed !== undefined),
      ...(gigaflops === undefined ? {} : { gigaflops }),
    };
    if (JSON.stringify(speeds) === JSON.stringify(this.#speeds)) return false;
    this.#speeds = speeds;
    return true;
  }
}
