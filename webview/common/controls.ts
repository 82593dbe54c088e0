/**
 * @file The only user of `@vscode-elements/elements`: VS Code's own controls as functions, so that another library can take their
 * place. It stands where Microsoft's webview toolkit, which is archived, would have stood; only what is used is imported.
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-tab-header/index.js';
import '@vscode-elements/elements/dist/vscode-tab-panel/index.js';
import '@vscode-elements/elements/dist/vscode-tabs/index.js';
import { element } from './elements.ts';

export function button(
  text: string,
  press: () => void,
  options: { readonly secondary?: boolean } = {},
): HTMLElement {
  const made = element('vscode-button', { textContent: text, secondary: options.secondary === true });
  made.addEventListener('click', press);
  return made;
}

/** A link that acts, for places where a button would be too loud. */
export function linkButton(text: string, press: () => void): HTMLButtonElement {
  return element('button', { type: 'button', className: 'link', textContent: text, onclick: press });
}

export interface Choice<T extends string> {
  readonly box: HTMLElement;
  readonly set: (value: T) => void;
  /** Other values to choose from. */
  readonly offer: (values: readonly (readonly [value: T, text: string])[]) => void;
}

/** One of a few values. */
export function choice<T extends string>(
  label: string,
  values: readonly (readonly [value: T, text: string])[],
  changed: (value: T) => void,
): Choice<T> {
  const select = element('vscode-single-select', { label });
  const offer: Choice<T>['offer'] = (offered) => {
    select.options = offered.map(([value, text]) => ({ value, label: text }));
  };
  offer(values);
  select.addEventListener('change', () => {
    changed(select.value as T);
  });
  const box = element('span', { className: 'choice' }, [element('span', { textContent: label }), select]);
  return {
    box,
    set: (value) => {
      select.value = value;
    },
    offer,
  };
}

export interface Tab {
  readonly title: string;
  readonly content: HTMLElement;
}

export interface Tabs {
  readonly box: HTMLElement;
  readonly select: (index: number) => void;
}

/** Pages of which one is shown. `selected` is told which. */
export function tabs(pages: readonly Tab[], selected: (index: number) => void): Tabs {
  const box = element('vscode-tabs');
  for (const { title, content } of pages)
    box.append(
      element('vscode-tab-header', { textContent: title, slot: 'header' }),
      element('vscode-tab-panel', {}, [content]),
    );
  box.addEventListener('vsc-tabs-select', () => {
    selected(box.selectedIndex);
  });
  return {
    box,
    select: (index) => {
      box.selectedIndex = index;
      box.setAttribute('selected-index', String(index));
    },
  };
}
