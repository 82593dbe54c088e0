/** @file The editor's colours inside a page, and when they change. */
import { legible, over } from './contrast.ts';
import type { Rgba } from './contrast.ts';

/** Series keep their colour everywhere; the later names stand in where a theme has no chart colours. */
const names = {
  train: ['--vscode-charts-blue'],
  validation: ['--vscode-charts-orange'],
  base: ['--vscode-descriptionForeground'],
  second: ['--vscode-charts-purple'],
  third: ['--vscode-charts-green'],
  fourth: ['--vscode-charts-red'],
  warning: ['--vscode-charts-yellow'],
  text: ['--vscode-descriptionForeground'],
  line: ['--vscode-contrastBorder', '--vscode-editorWidget-border'],
} as const;

export type ColorName = keyof typeof names;
export type Theme = Readonly<Record<ColorName, string>> & {
  readonly background: string;
  readonly foreground: string;
  readonly font: string;
  readonly highContrast: boolean;
};

const probe = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;

/** Any CSS colour as numbers, as the browser itself reads it. */
function parse(color: string): Rgba {
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 0] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

const text = ([red, green, blue]: Rgba): string =>
  `rgb(${red.toFixed(0)} ${green.toFixed(0)} ${blue.toFixed(0)})`;

/** Reads the theme, and sets `--series-<name>` for the page's style sheet. */
export function readTheme(): Theme {
  const { style } = document.documentElement;
  const computed = getComputedStyle(document.documentElement);
  const color = (...candidates: readonly string[]): Rgba =>
    parse(
      candidates.map((name) => computed.getPropertyValue(name).trim()).find((value) => value !== '') ??
        'gray',
    );
  const background = over(color('--vscode-editor-background'), [255, 255, 255, 1]);
  const foreground = color('--vscode-foreground', '--vscode-editor-foreground');
  const seen = (name: ColorName): string => {
    const read = color(...names[name], '--vscode-foreground');
    return text(name === 'line' ? over(read, background) : legible(read, background, foreground));
  };
  const colors = Object.fromEntries(
    Object.keys(names).map((name) => [name, seen(name as ColorName)]),
  ) as Record<ColorName, string>;
  for (const [name, value] of Object.entries(colors)) style.setProperty(`--series-${name}`, value);
  return {
    ...colors,
    background: text(background),
    foreground: text(over(foreground, background)),
    font: getComputedStyle(document.body).fontFamily,
    highContrast: document.body.className.includes('vscode-high-contrast'),
  };
}

/** VS Code marks a change of theme by the classes of the body. */
export function onThemeChange(changed: () => void): void {
  new MutationObserver(changed).observe(document.body, { attributes: true, attributeFilter: ['class'] });
}
