/** What every state of every page has to keep, whatever it shows. */
import axe from 'axe-core';
import type { Tab } from '../drivers/driver.ts';

/** What axe finds that keeps people out (https://github.com/dequelabs/axe-core/blob/develop/doc/API.md, impact). */
export async function findBarriers(tab: Tab): Promise<string[]> {
  // As a string: the pages' policy forbids scripts from elsewhere, but not what a debugger evaluates.
  const isThere = await tab.evaluate(() => 'axe' in globalThis, undefined);
  if (!isThere) await tab.evaluate(`${axe.source};undefined` as never, undefined);
  return tab.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: typeof axe }).axe;
    const { violations } = await run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  }, undefined);
}

/** What does not fit: a page that scrolls sideways, an element beyond its edges, a text or a placeholder that is cut. */
export function findCut(tab: Tab): Promise<string[]> {
  return tab.evaluate(() => {
    const named = (element: Element) => element.outerHTML.slice(0, 120);
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`the page scrolls sideways: ${scrollWidth} in ${clientWidth}`);
    for (const element of document.querySelectorAll('body *:not(svg *)')) {
      // What is folded away, or far out of sight, was laid out for another width, and is not laid out again.
      if (!element.checkVisibility({ contentVisibilityAuto: true })) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && (box.left < -0.5 || box.right > clientWidth + 0.5)) {
        found.push(`beyond the edge: ${named(element)}`);
      }
      if (element instanceof HTMLInputElement) {
        const style = getComputedStyle(element);
        const canvas = new OffscreenCanvas(1, 1).getContext('2d');
        if (!canvas || element.value || !element.placeholder) continue;
        canvas.font = style.font;
        const room = element.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
        if (canvas.measureText(element.placeholder).width > room) found.push(`placeholder: ${named(element)}`);
      } else if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) {
        found.push(`wider than its place: ${named(element)}`);
      } else if (getComputedStyle(element).overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1) {
        found.push(`higher than its place: ${named(element)}`);
      }
    }
    return found;
  }, undefined);
}

/** What a page has moved that was to be seen already, and how far (https://web.dev/articles/cls). Chromium only. */
export function findMoved(tab: Tab): Promise<string[]> {
  return tab.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        type Shift = PerformanceEntry & { value: number; sources: { node: Node | null }[] };
        new PerformanceObserver((list, observer) => {
          observer.disconnect();
          const moved = (list.getEntries() as Shift[]).flatMap(({ value, sources }) =>
            sources.map(({ node }) => `${value}: ${node instanceof Element ? node.outerHTML : node?.textContent}`),
          );
          resolve(moved);
        }).observe({ type: 'layout-shift', buffered: true });
        // An observer without entries is not called.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve([])));
      }),
    undefined,
  );
}
