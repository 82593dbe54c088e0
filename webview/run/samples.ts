/** @file The tab of held-out rows that base and adapter answered: a list, and the chosen row's answers beside what was wanted. */
import * as l10n from '@vscode/l10n';
import type { SampleAnswer, SampleQuestion, Samples } from '../../runtime/contract/run.ts';
import { formatCount } from '../../runtime/contract/format.ts';
import { choice } from '../common/controls.ts';
import type { Choice } from '../common/controls.ts';
import { element } from '../common/elements.ts';
import { answerElement } from '../common/wordDiff.ts';

const isAsWanted = ({ wanted }: SampleQuestion, answer: SampleAnswer | undefined): boolean =>
  answer?.text === wanted;

/** "Row 12 · as wanted" */
function stateWords(question: SampleQuestion, answer: SampleAnswer | undefined): string {
  if (answer === undefined) return l10n.t('not answered yet');
  return isAsWanted(question, answer) ? l10n.t('as wanted') : l10n.t('differs');
}

/** "3 of 4 as wanted after step 200; the base has 0" */
export function samplesSummary({ questions, base, given }: Samples, at: number): string {
  const count = (answers: readonly SampleAnswer[]): number =>
    questions.filter((question, i) => isAsWanted(question, answers[i])).length;
  const chosen = given[at];
  const before = formatCount(count(base));
  return chosen === undefined
    ? l10n.t('{0} of {1} as wanted by the base', before, formatCount(questions.length))
    : l10n.t(
        '{0} of {1} as wanted after step {2}, {3} by the base',
        formatCount(count(chosen.answers)),
        formatCount(questions.length),
        formatCount(chosen.step),
        before,
      );
}

const field = (title: string, content: HTMLElement): HTMLElement =>
  element('section', {}, [element('h3', { textContent: title }), content]);

export class SamplesTab {
  readonly element = element('div');
  readonly #list = element('div', { className: 'questions', tabIndex: 0 });
  readonly #detail = element('div', { className: 'answers' });
  readonly #summary = element('p', { className: 'note' });
  readonly #steps: Choice<string>;
  readonly #body: HTMLElement;
  #samples: Samples | undefined;
  #chosen = 0;
  /** Of `given`; undefined follows the newest. */
  #at: number | undefined;

  constructor() {
    this.#steps = choice(l10n.t('Adapter after step'), [], (value) => {
      const at = Number(value);
      this.#at = at === (this.#samples?.given.length ?? 0) - 1 ? undefined : at;
      this.#draw();
    });
    this.#list.setAttribute('role', 'listbox');
    this.#list.setAttribute('aria-label', l10n.t('Held-out rows'));
    this.#list.addEventListener('keydown', (event) => {
      const last = (this.#samples?.questions.length ?? 1) - 1;
      const places: Readonly<Record<string, number>> = {
        ArrowUp: this.#chosen - 1,
        ArrowDown: this.#chosen + 1,
        Home: 0,
        End: last,
      };
      const place = places[event.key];
      if (place === undefined) return;
      event.preventDefault();
      this.#choose(Math.max(0, Math.min(last, place)));
    });
    this.#detail.setAttribute('aria-live', 'polite');
    this.#summary.setAttribute('role', 'status');
    const top = element('div', { className: 'toolbar' }, [this.#steps.box, this.#summary]);
    const columns = element('div', { className: 'samples' }, [this.#list, this.#detail]);
    this.#body = element('div', {}, [top, columns]);
    this.show(undefined);
  }

  show(samples: Samples | undefined): void {
    this.#samples = samples;
    if (samples === undefined) {
      const why = l10n.t(
        'No samples. "training.samples" in the config says how many held-out rows base and adapter answer at each evaluation.',
      );
      this.element.replaceChildren(element('p', { className: 'empty', textContent: why }));
      return;
    }
    if (this.#body.parentElement === null) this.element.replaceChildren(this.#body);
    this.#steps.box.hidden = samples.given.length === 0;
    this.#steps.offer(samples.given.map(({ step }, i) => [String(i), formatCount(step)]));
    this.#draw();
  }

  #choose(index: number): void {
    this.#chosen = index;
    this.#draw();
    document.getElementById(`question-${index}`)?.scrollIntoView({ block: 'nearest' });
  }

  #draw(): void {
    const samples = this.#samples;
    if (samples === undefined) return;
    const { questions, base, given } = samples;
    const at = this.#at ?? given.length - 1;
    const adapter = given[at];
    this.#steps.set(String(at));
    const summary = samplesSummary(samples, at);
    if (this.#summary.textContent !== summary) this.#summary.textContent = summary;
    this.#list.replaceChildren(
      ...questions.map((question, i) => this.#option(question, i, adapter?.answers[i])),
    );
    this.#list.setAttribute('aria-activedescendant', `question-${this.#chosen}`);
    const question = questions[this.#chosen];
    if (question === undefined) return;
    const { prompt, wanted } = question;
    const answerOf = (answer: SampleAnswer | undefined): HTMLElement =>
      answer === undefined
        ? element('p', { className: 'note', textContent: l10n.t('Answered at the first evaluation.') })
        : answerElement(wanted, answer.text, answer.cut === true);
    const promptBox = element('pre', { textContent: prompt, tabIndex: 0 });
    promptBox.setAttribute('role', 'region');
    promptBox.setAttribute('aria-label', l10n.t('Prompt'));
    const title =
      adapter === undefined ? l10n.t('Adapter') : l10n.t('Adapter after step {0}', formatCount(adapter.step));
    this.#detail.replaceChildren(
      field(l10n.t('Prompt'), promptBox),
      element('div', { className: 'parallel' }, [
        field(l10n.t('Wanted'), element('p', { className: 'answer', textContent: wanted })),
        field(l10n.t('Base'), answerOf(base[this.#chosen])),
        field(title, answerOf(adapter?.answers[this.#chosen])),
      ]),
    );
  }

  #option(question: SampleQuestion, index: number, answer: SampleAnswer | undefined): HTMLElement {
    const state = element('span', { className: 'note', textContent: stateWords(question, answer) });
    state.classList.toggle('good', isAsWanted(question, answer));
    const option = element('div', { className: 'question', id: `question-${index}` }, [
      element('span', { className: 'head' }, [
        element('span', { textContent: l10n.t('Row {0}', formatCount(question.row + 1)) }),
        state,
      ]),
      element('span', { className: 'excerpt', textContent: question.wanted }),
    ]);
    option.setAttribute('role', 'option');
    option.setAttribute('aria-selected', String(index === this.#chosen));
    option.onclick = () => {
      this.#choose(index);
    };
    return option;
  }
}
