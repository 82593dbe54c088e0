/** @file Makes elements. Text goes in as text, never as markup. */

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export interface TableColumn {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
}

/** A table with a caption for screen readers. */
export function table(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly (Node | string)[])[],
): HTMLTableElement {
  const align = (cell: HTMLTableCellElement, index: number): HTMLTableCellElement => {
    cell.classList.toggle('number', columns[index]?.isNumber === true);
    return cell;
  };
  const head = element(
    'tr',
    {},
    columns.map(({ title }, i) => align(element('th', { textContent: title, scope: 'col' }), i)),
  );
  const body = rows.map((cells) =>
    element(
      'tr',
      {},
      cells.map((cell, i) => align(element('td', {}, [cell]), i)),
    ),
  );
  return element('table', {}, [
    element('caption', { textContent: caption, className: 'spoken' }),
    element('thead', {}, [head]),
    element('tbody', {}, body),
  ]);
}
