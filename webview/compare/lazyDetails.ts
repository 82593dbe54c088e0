/** @file A part of the page that is read when a person opens it. */
import { element } from '../common/elements.ts';
import { renew } from '../common/renew.ts';

export class LazyDetails {
  readonly box = element('details');
  readonly #title: string;
  readonly #read: () => Promise<HTMLElement>;

  constructor(title: string, read: () => Promise<HTMLElement>) {
    this.#title = title;
    this.#read = read;
    this.#fill();
    this.box.ontoggle = () => void this.refresh();
  }

  /** Reads anew what is in sight. */
  async refresh(): Promise<void> {
    if (this.box.open) this.#fill(await this.#read());
  }

  #fill(...content: readonly HTMLElement[]): void {
    renew(this.box, element('summary', { textContent: this.#title }), ...content);
  }
}
