/** @file Colours that can be told from their background: some themes give their charts very pale ones. */

/** Red, green, blue in 0..255 and opacity in 0..1. */
export type Rgba = readonly [number, number, number, number];

/** `top` painted over an opaque `bottom`. */
export const over = (top: Rgba, bottom: Rgba): Rgba => {
  const mix = (i: 0 | 1 | 2): number => top[i] * top[3] + bottom[i] * (1 - top[3]);
  return [mix(0), mix(1), mix(2), 1];
};

/** Relative luminance of an opaque colour (WCAG 2.2). */
function luminance(color: Rgba): number {
  const linear = (i: 0 | 1 | 2): number => {
    const value = color[i] / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(0) + 0.7152 * linear(1) + 0.0722 * linear(2);
}

/** Contrast ratio of two opaque colours, 1..21 (WCAG 2.2). */
export function contrast(a: Rgba, b: Rgba): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** What WCAG asks of graphics (success criterion 1.4.11). */
const enough = 3;

/** `color` on `background`: made opaque, then moved towards `text`, each only as far as it takes to be seen. */
export function legible(color: Rgba, background: Rgba, text: Rgba): Rgba {
  const isSeen = (shown: Rgba): boolean => contrast(shown, background) >= enough;
  const fade = (top: Rgba, bottom: Rgba, share: number): Rgba =>
    over([top[0], top[1], top[2], share], bottom);
  for (let opacity = color[3]; opacity < 1; opacity += 0.1) {
    const shown = fade(color, background, opacity);
    if (isSeen(shown)) return shown;
  }
  const opaque: Rgba = [color[0], color[1], color[2], 1];
  for (let share = 0; share < 1; share += 0.1) {
    const shown = fade(text, opaque, share);
    if (isSeen(shown)) return shown;
  }
  return over(text, background);
}
