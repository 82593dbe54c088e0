/** @file The four kinds of themes, and a page looked at in one of them. */
import type { Frame } from 'playwright-core';
import { expect } from 'vitest';
import { seriousFindings } from '../rig/axe.ts';
import type { Session } from './session.ts';

interface ColorTheme {
  /** In VS Code's list. */
  readonly name: string;
  /** In names of pictures. */
  readonly short: string;
  /** Class of a page's body, and of the workbench. */
  readonly page: string;
  readonly workbench: string;
}

/** The usual one is the last: what comes after has it again. */
export const themes: readonly ColorTheme[] = [
  { name: 'Light Modern', short: 'light', page: 'vscode-light', workbench: 'vs' },
  { name: 'Dark High Contrast', short: 'contrast', page: 'vscode-high-contrast', workbench: 'hc-black' },
  {
    name: 'Light High Contrast',
    short: 'light-contrast',
    page: 'vscode-high-contrast-light',
    workbench: 'hc-light',
  },
  { name: 'Dark Modern', short: 'dark', page: 'vscode-dark', workbench: 'vs-dark' },
];

/** Chooses the theme, keeps a picture of the page as soon as it has drawn itself, and finds nothing that keeps a person out. */
export async function lookAt(
  { do: act, picture }: Session,
  page: Frame,
  theme: ColorTheme,
  pictured: string,
): Promise<void> {
  await act.theme(theme.name);
  await page.locator(`body.${theme.page}`).waitFor();
  // Two frames: plots are drawn anew in the one after the change of the class.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await picture(`${pictured}-${theme.short}`);
  expect(await seriousFindings(page)).toEqual([]);
}
