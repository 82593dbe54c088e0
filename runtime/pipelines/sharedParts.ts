/**
 * @file What runs of one process share: an opened base, its weights and hash, tokenised data, a device with its sessions.
 * Each is opened at its first use and kept until the last run has ended, so that ten small runs cost one load.
 */
import type { ResolvedConfig } from '../contract/config.ts';
import { openDataset } from '../data/dataset.ts';
import type { DatasetOptions, TokenDataset } from '../data/dataset.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { openBase } from '../model/base.ts';
import type { Base } from '../model/decoder.ts';
import { Device } from '../ort/device.ts';
import type { RuntimeOptions } from '../ort/session.ts';
import { hashFiles } from '../runs/hash.ts';
import { Weights } from '../train/weights.ts';

/** How often each kind of thing was asked for, and how often that made a new one. */
export interface SharedCounts {
  readonly asked: number;
  readonly opened: number;
}

type Kind = 'base' | 'tokenizer' | 'data' | 'hash' | 'device' | 'weights';

/**
 * Not safe for runs at the same time: graphs of one device run one after the other.
 * A file that changes while it is shared is not seen before the end: the record of each run names the content that was used.
 */
export class SharedParts implements AsyncDisposable {
  readonly #parts = new Map<string, unknown>();
  readonly #counts = new Map<Kind, SharedCounts>();
  readonly #devices: Device[] = [];

  #share<T>(kind: Kind, name: string, open: () => T): T {
    const key = `${kind} ${name}`;
    const known = this.#parts.has(key);
    const { asked, opened } = this.counts(kind);
    this.#counts.set(kind, { asked: asked + 1, opened: known ? opened : opened + 1 });
    // what can't be opened throws and is not kept
    if (!known) this.#parts.set(key, open());
    return this.#parts.get(key) as T;
  }

  counts(kind: Kind): SharedCounts {
    return this.#counts.get(kind) ?? { asked: 0, opened: 0 };
  }

  /** The base's headers; throws what `openBase` throws. */
  base(path: string): Base {
    return this.#share('base', path, () => openBase(path));
  }

  tokenizer(base: string): Tokenizer {
    return this.#share('tokenizer', base, () => loadTokenizer(base));
  }

  /** Tokenised rows; `base` names the tokenizer. Rows whose template may write the day are shared within a day. */
  async data(base: string, options: DatasetOptions): Promise<TokenDataset> {
    const { tokenizer, now, onProgress: _progress, signal: _signal, ...decisive } = options;
    const day = (now ?? new Date()).toDateString();
    const key = JSON.stringify([base, tokenizer !== undefined, day, decisive]);
    try {
      return await this.#share('data', key, () => openDataset(options));
    } catch (error) {
      this.#parts.delete(`data ${key}`);
      throw error;
    }
  }

  /** SHA-256 of the base's files. */
  async baseHash({ files }: Base): Promise<string> {
    const key = files.join('\n');
    try {
      return await this.#share('hash', key, () => hashFiles(files));
    } catch (error) {
      this.#parts.delete(`hash ${key}`);
      throw error;
    }
  }

  device(options: RuntimeOptions): Device {
    return this.#share('device', JSON.stringify(options), () => {
      const device = new Device(options);
      this.#devices.push(device);
      return device;
    });
  }

  /** Frozen weights of `path` on `device`; `low` reads a block's anew at each use. */
  weights(path: string, base: Base, device: Device, policy: ResolvedConfig['memory']): Weights {
    const keep = policy !== 'low';
    // a classifier that the base lacks has as many outputs as the rows have classes
    const key = JSON.stringify([path, device.options, keep, base.spec.names.head.outputs]);
    return this.#share('weights', key, () => new Weights(base, device, undefined, keep));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const parts = [...this.#parts];
    this.#parts.clear();
    for (const device of this.#devices.splice(0)) await device[Symbol.asyncDispose]();
    for (const [key, part] of parts) {
      if (key.startsWith('base ')) (part as Base).tensors.close();
      if (key.startsWith('data ')) (await (part as Promise<TokenDataset>)).close();
    }
  }
}
