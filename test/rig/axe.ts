/** @file Accessibility of a page by axe-core: what it finds that would keep a person out. */
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Frame } from 'playwright-core';

/** `rule: what is wrong: element`, one line an element; empty where nothing serious or critical is found. */
export async function seriousFindings(page: Frame): Promise<string[]> {
  // Evaluated by the debugger, so that the page's content security policy stays as strict as it is.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: injected } = globalThis as unknown as { axe: { run: () => Promise<AxeResults> } };
    const results = await injected.run();
    return results.violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      elements: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary ?? ''}`),
    }));
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, elements }) => elements.map((element) => `${id}: ${help}: ${element}`));
}
