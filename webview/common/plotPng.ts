/** @file A plot as a PNG: the drawn canvas under its title and legend, in the theme's colours. */
import type { PlotFigure } from './figure.ts';
import type { Theme } from './theme.ts';

/** In pixels of the page. */
const margin = 16;
const top = 64;

/** The picture's bytes in base64. `canvas` is the plot's own; `note` stands at the right of the title. */
export function plotPng(canvas: HTMLCanvasElement, figure: PlotFigure, theme: Theme, note: string): string {
  const ratio = devicePixelRatio;
  const picture = document.createElement('canvas');
  picture.width = canvas.width + 2 * margin * ratio;
  picture.height = canvas.height + (top + margin) * ratio;
  const ctx = picture.getContext('2d')!;
  ctx.fillStyle = theme.background;
  ctx.fillRect(0, 0, picture.width, picture.height);
  ctx.drawImage(canvas, margin * ratio, top * ratio);
  ctx.scale(ratio, ratio);
  ctx.textBaseline = 'middle';
  ctx.fillStyle = theme.foreground;
  ctx.font = `600 16px ${theme.font}`;
  ctx.fillText(figure.title, margin, 22);
  ctx.font = `12px ${theme.font}`;
  let left = margin;
  for (const { label, color, dash, faint } of figure.lines) {
    if (label === '') continue;
    ctx.strokeStyle = theme[color];
    ctx.globalAlpha = faint === true ? 0.55 : 1;
    ctx.lineWidth = 2;
    ctx.setLineDash([...(dash ?? [])]);
    ctx.beginPath();
    ctx.moveTo(left, 46);
    ctx.lineTo(left + 20, 46);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.fillText(label, left + 26, 46);
    left += 26 + ctx.measureText(label).width + 20;
  }
  ctx.fillStyle = theme.text;
  ctx.textAlign = 'right';
  ctx.fillText(note, picture.width / ratio - margin, 22);
  return picture.toDataURL('image/png').replace(/^[^,]*,/, '');
}
