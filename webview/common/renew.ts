/** @file Shows content anew and leaves alone what would look the same, so that focus, selection, scroll and what is open stay. */

/** Same kind of node with the same attributes, whatever is in it. */
const alike = (a: Node, b: Node): boolean => a.cloneNode(false).isEqualNode(b.cloneNode(false));

function renewNode(old: ChildNode, made: Node): void {
  // whether it is open is the person's choice
  if (old instanceof HTMLDetailsElement && made instanceof HTMLDetailsElement) made.open = old.open;
  if (old.isEqualNode(made)) return;
  if (old instanceof Element && alike(old, made)) renewChildren(old, [...made.childNodes]);
  else old.replaceWith(made);
}

function renewChildren(box: Element, content: readonly Node[]): void {
  const before = [...box.childNodes];
  for (const [i, made] of content.entries()) {
    const old = before[i];
    if (old === undefined) box.append(made);
    else renewNode(old, made);
  }
  for (const old of before.slice(content.length)) old.remove();
}

/**
 * Makes `content` what `box` shows. Elements that stay keep their listeners: one that acts on something names it in `data-key`,
 * so that it is not taken for another's. Where one with the focus had to go, its successor gets it.
 */
export function renew(box: Element, ...content: readonly Node[]): void {
  const focused = document.activeElement;
  renewChildren(box, content);
  if (!(focused instanceof HTMLElement) || focused.isConnected) return;
  const { key } = focused.dataset;
  const successor = [...box.querySelectorAll<HTMLElement>('[data-key]')].find(
    ({ dataset }) => key !== undefined && dataset['key'] === key,
  );
  successor?.focus({ preventScroll: true });
}
