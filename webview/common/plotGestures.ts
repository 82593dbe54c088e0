/** @file Pointer, wheel and keys over a plot: zoom, move, cursor, pick. The same on every plot of a page. */
import type { PlotGroup } from './plotGroup.ts';

/** A press that moves less is a click. In pixels. */
const clickSlack = 4;
/** A key's zoom, and a notch of the wheel (100 units). */
const keyFactor = 1.5;
const wheelFactor = 1.2;
/** Of the view, for an arrow with shift. */
const keyShare = 0.2;

interface Area {
  /** Over the drawn part, without axes. */
  readonly over: HTMLElement;
  /** What has the focus. */
  readonly focus: HTMLElement;
  /** The point to pick where someone clicks at `x`: `reach` is a few pixels in units of the axis. */
  readonly nearest: (x: number, reach: number) => number;
}

/** Lets a person zoom and move `group` on `area`. */
export function listen(group: PlotGroup, { over, focus, nearest }: Area): void {
  const box = document.createElement('div');
  box.className = 'selection';
  box.hidden = true;
  over.append(box);
  let press: { readonly x: number; last: number; readonly moves: boolean } | undefined;

  const toX = (pixel: number): number => {
    const [from, to] = group.range;
    return from + (pixel / Math.max(1, over.clientWidth)) * (to - from);
  };
  const pixelOf = (event: MouseEvent): number => event.clientX - over.getBoundingClientRect().left;
  const reach = (): number =>
    ((group.range[1] - group.range[0]) * clickSlack) / Math.max(1, over.clientWidth);
  const span = (a: number, b: number): void => {
    box.hidden = Math.abs(a - b) < clickSlack;
    box.style.left = `${Math.min(a, b)}px`;
    box.style.width = `${Math.abs(a - b)}px`;
  };

  over.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    press = { x: pixelOf(event), last: pixelOf(event), moves: event.shiftKey };
    over.setPointerCapture(event.pointerId);
  });
  over.addEventListener('pointermove', (event) => {
    const pixel = pixelOf(event);
    if (press === undefined) group.point(toX(pixel), { left: event.clientX, top: event.clientY });
    else if (press.moves) {
      group.move((press.last - pixel) / Math.max(1, over.clientWidth));
      press.last = pixel;
    } else span(press.x, pixel);
  });
  over.addEventListener('pointerup', (event) => {
    const began = press;
    press = undefined;
    box.hidden = true;
    if (began === undefined || began.moves) return;
    const pixel = pixelOf(event);
    const [a, b] = [toX(Math.min(began.x, pixel)), toX(Math.max(began.x, pixel))];
    if (Math.abs(pixel - began.x) >= clickSlack) group.show([a, b]);
    else group.pick(nearest(toX(pixel), reach()));
  });
  over.addEventListener('pointercancel', () => {
    press = undefined;
    box.hidden = true;
  });
  over.addEventListener('pointerleave', () => {
    group.point(undefined);
  });
  over.addEventListener('dblclick', () => {
    group.show(undefined);
  });
  over.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        group.move((event.deltaX || event.deltaY) / Math.max(1, over.clientWidth));
      else group.zoom(wheelFactor ** (event.deltaY / 100), toX(pixelOf(event)));
    },
    { passive: false },
  );
  focus.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = keys(group, over.clientWidth)[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act(event.shiftKey);
  });
  focus.addEventListener('blur', () => {
    group.point(undefined);
  });
}

/** What each key does, with and without shift. `width` in pixels. */
function keys(group: PlotGroup, width: number): Readonly<Record<string, (shift: boolean) => void>> {
  const step = (direction: 1 | -1) => (shift: boolean) => {
    const [from, to] = group.range;
    if (shift) group.move(direction * keyShare);
    // A step of the cursor is the next point, and where points are closer than pixels the next pixel.
    else walk(group, direction, (to - from) / Math.max(1, width));
  };
  const zoom = (factor: number) => () => {
    group.zoom(factor);
  };
  return {
    ArrowLeft: step(-1),
    ArrowRight: step(1),
    '+': zoom(1 / keyFactor),
    '=': zoom(1 / keyFactor),
    '-': zoom(keyFactor),
    _: zoom(keyFactor),
    Home: () => {
      group.point(group.range[0]);
    },
    End: () => {
      group.point(group.range[1]);
    },
    Escape: () => {
      group.show(undefined);
    },
    Enter: () => {
      group.pick(group.cursor);
    },
  };
}

/** Moves the cursor to another point, in steps that double until one is found; at the edge the view follows. */
function walk(group: PlotGroup, direction: 1 | -1, pixel: number): void {
  const [from, to] = group.range;
  const begin = group.cursor ?? (direction > 0 ? from : to);
  if ((direction > 0 ? begin >= to : begin <= from) && group.cursor !== undefined)
    group.move(direction * keyShare);
  const [first, last] = group.range;
  for (let by = pixel; ; by *= 2) {
    const next = begin + direction * by;
    group.point(next);
    if (group.cursor !== begin || next <= first || next >= last) return;
  }
}
