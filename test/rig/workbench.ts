/** @file What a person does in the workbench: palette, quick open, side bar, pages, notifications. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, Locator, Page } from 'playwright-core';

export interface Workbench {
  readonly ready: () => Promise<void>;
  /** Runs a command by its full label in the palette: "Adapter Workbench: Train". */
  readonly command: (label: string) => Promise<void>;
  /** Loads the window anew as a person does: VS Code keeps the layout first, which a browser's reload comes before. */
  readonly reload: () => Promise<void>;
  /** Chooses a colour theme by its name in the list. */
  readonly theme: (name: string) => Promise<void>;
  readonly openFile: (name: string) => Promise<void>;
  /** Shows a view container of the activity bar by its title. */
  readonly activity: (title: string) => Promise<void>;
  readonly treeItem: (text: string | RegExp) => Locator;
  /** Presses a row's first inline action, which is there while the pointer is. */
  readonly inline: (row: Locator) => Promise<void>;
  /** Chooses an entry of a row's context menu. */
  readonly menu: (row: Locator, label: string) => Promise<void>;
  /** Goes to an entry of the Problems view, with the focus in its editor. */
  readonly problem: (row: Locator) => Promise<void>;
  /** The page inside a webview that has an element `selector`. */
  readonly webview: (selector: string) => Promise<Frame>;
  readonly notification: (text: string | RegExp) => Locator;
  /** Presses a notification's button until the notification is gone. */
  readonly answer: (notice: Locator, button: string) => Promise<void>;
}

export function workbench(page: Page): Workbench {
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  const rows = page.locator('.quick-input-list .monaco-list-row');

  /** Right after the start a keystroke can come before the workbench listens. */
  const openInput = async (key: string): Promise<void> => {
    for (let tries = 0; ; tries++) {
      await page.keyboard.press(key);
      try {
        await input.waitFor({ state: 'visible', timeout: 2000 });
        return;
      } catch (error) {
        if (tries === 5) throw error;
      }
    }
  };
  const pick = async (text: string, timeout = 30_000): Promise<void> => {
    const row = rows.filter({ hasText: text }).first();
    await row.waitFor({ timeout });
    await row.click();
  };

  /**
   * The list is made when it opens: an extension that is read a moment later is missing until the next time.
   * An editor or page that takes the focus meanwhile closes the palette again.
   */
  const command = async (label: string): Promise<void> => {
    for (let tries = 0; ; tries++) {
      const timeout = tries === 5 ? 30_000 : 3000;
      try {
        await openInput('F1');
        await input.fill(`>${label}`, { timeout });
        await pick(label, timeout);
        return;
      } catch (error) {
        if (tries === 5) throw error;
        await page.keyboard.press('Escape');
      }
    }
  };

  /**
   * Clicks until what holds the button is gone: a list of notifications that is drawn anew between press and release swallows
   * the click, and a menu takes none in its first moments. A person presses again.
   */
  const pressUntilGone = async (button: Locator, holder: Locator): Promise<void> => {
    for (let tries = 0; ; tries++)
      try {
        await button.click({ timeout: 5000 });
        await holder.waitFor({ state: 'hidden', timeout: 2000 });
        return;
      } catch (error) {
        if ((await holder.count()) === 0) return;
        if (tries === 5) throw error;
      }
  };

  const ready = async (): Promise<void> => {
    await page.locator('.monaco-workbench .part.activitybar').waitFor();
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
  };

  return {
    ready,
    command,
    reload: async () => {
      const loaded = page.waitForEvent('domcontentloaded');
      await command('Developer: Reload Window');
      await loaded;
      await ready();
    },
    theme: async (name) => {
      await command('Preferences: Color Theme');
      await rows.filter({ hasText: 'Modern' }).first().waitFor();
      await input.fill(name);
      await pick(name);
      await input.waitFor({ state: 'hidden' });
    },
    openFile: async (name) => {
      await openInput('Control+P');
      await input.fill(name);
      await pick(name);
      await page.locator(`.tab[data-resource-name="${name}"]`).waitFor();
    },
    activity: async (title) => {
      const action = page.locator(`.activitybar a.action-label[aria-label^="${title}"]`);
      const shown = page.locator('.part.sidebar .title-label', { hasText: title });
      await action.waitFor();
      // A window that restores its side bar closes it again at a click that comes too early: then it is clicked once more.
      for (let tries = 0; ; tries++)
        try {
          await shown.waitFor({ timeout: tries === 5 ? 30_000 : 4000 });
          return;
        } catch (error) {
          if (tries === 5) throw error;
          // a badge lies over the icon and takes the click for it
          if (!(await shown.isVisible())) await action.click({ force: true });
        }
    },
    inline: async (row) => {
      await row.hover();
      await row.locator('.action-label').first().click();
    },
    menu: async (row, label) => {
      await row.click({ button: 'right' });
      const item = page.locator('.monaco-menu .action-label', { hasText: label }).first();
      await pressUntilGone(item, item);
    },
    problem: async (row) => {
      // A list that is drawn anew between the clicks takes them for two single ones, which leave the focus in it.
      const editor = page.locator('.editor-instance .monaco-editor.focused');
      for (let tries = 0; ; tries++) {
        await row.dblclick();
        try {
          await editor.waitFor({ timeout: 3000 });
          return;
        } catch (error) {
          if (tries === 5) throw error;
        }
      }
    },
    treeItem: (text) =>
      page.locator('.part.sidebar .monaco-list-row[role="treeitem"]').filter({ hasText: text }).first(),
    webview: async (selector) => {
      for (const deadline = Date.now() + 30_000; ;) {
        for (const frame of page.frames())
          try {
            // A webview's own page is the frame inside the frame that the workbench made.
            if (frame.parentFrame() !== null && (await frame.locator(selector).count()) > 0) return frame;
          } catch {
            // The frame was taken away while we looked.
          }
        if (Date.now() > deadline) throw new Error(`no page with ${selector}`);
        await sleep(100);
      }
    },
    notification: (text) =>
      page.locator('.notifications-toasts .notification-toast').filter({ hasText: text }),
    answer: (notice, button) => pressUntilGone(notice.locator('.monaco-button', { hasText: button }), notice),
  };
}
