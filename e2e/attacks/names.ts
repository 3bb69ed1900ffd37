/** Names that want to be more than names: markup, characters that turn text around, and no end of them. */
import type { Tab } from '../drivers/driver.ts';
import { expect } from '../fixtures.ts';
import { openPopup } from '../pages/extension.ts';
import { json } from '../world/providers/stand-in.ts';
import { type Attack, arriveFromPopup, endOf, hostileItem, openChoice, type Scene, signInFromPopup } from './attack.ts';

const markup = '<img src=x data-injected onerror="document.body.dataset.injected=1"><b data-injected>bold</b>';
/** An override that turns what follows around, isolates, a mark without width, a bell, an escape, and a line's end. */
const controls = '\u202egro.elpmaxe\u202c\u2066\u2069\u200f\u0007\u001b[31m\r\n';
const long = 'W'.repeat(10_000);

/** As a name: it begins like any other, so that what is left of it can be found. */
const nasty = `Mallory ${controls}${markup}${long}`;

/** More than any text of a server's may take up on our pages. */
const LONGEST_TEXT = 300;

/** A page of ours shows a server's words as words: no element came of them, nothing turns text around, and they are short. */
async function expectPlain(tab: Tab): Promise<string> {
  const shown = await tab.evaluate(() => {
    const texts: string[] = [document.title];
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(node.textContent ?? '');
    for (const element of document.querySelectorAll('main *')) {
      for (const name of ['aria-label', 'alt', 'placeholder', 'title']) texts.push(element.getAttribute(name) ?? '');
    }
    return { texts, isInjected: document.querySelector('[data-injected]') !== null };
  }, undefined);
  expect(shown.isInjected).toBe(false);
  const unprintable = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u;
  expect(shown.texts.filter((text) => unprintable.test(text))).toEqual([]);
  expect(Math.max(...shown.texts.map(({ length }) => length))).toBeLessThanOrEqual(LONGEST_TEXT);
  return shown.texts.filter((text) => text.includes('Mallory')).join(' ');
}

/** Where the popup shows a server's words, and how they get there. Answers the page that shows them. */
const places: { where: string; rules?: number; show(scene: Scene, text: string): Promise<Tab> }[] = [
  {
    where: 'what it offers to sign in to',
    show(scene, text) {
      scene.hostile.offers = [{ id: 'mallory', name: text, label: text }];
      return openChoice(scene);
    },
  },
  {
    where: 'the questions of a sign-in',
    async show(scene, text) {
      const asked = { message: text, placeholder: text };
      const prompts = [
        { type: 'text', key: 'text', ...asked },
        { type: 'select', key: text, message: text, options: [{ label: text, value: text, hint: text }] },
      ];
      scene.hostile.offers = [{ id: 'mallory', name: 'Mallory', label: 'Log in', prompts }];
      const popup = await openChoice(scene);
      await popup.click({ xpath: `${hostileItem}//section//button` });
      await popup.waitFor({ xpath: `${hostileItem}//select` });
      return popup;
    },
  },
  {
    where: 'the name of an MCP server',
    async show(scene, text) {
      scene.hostile.offers = [];
      scene.hostile.lie(/^GET \/mcp$/, (response) => json(response, 200, { [text]: { status: 'needs_auth' } }));
      const popup = await openPopup(scene.browser);
      scene.opened.push(popup);
      await popup.click({ xpath: `${hostileItem}//button[normalize-space()="More sign-ins…"]` });
      // A name that long may be none at all.
      await popup.waitForText('section', /Mallory|offers no other sign-in/);
      return popup;
    },
  },
  {
    where: 'its release',
    async show(scene, text) {
      scene.hostile.version = text;
      const popup = await openPopup(scene.browser);
      scene.opened.push(popup);
      await popup.waitForText('ul[aria-label=Servers] > li:nth-child(2) .state', /^opencode /);
      return popup;
    },
  },
  {
    where: 'why it did not start a sign-in',
    async show(scene, text) {
      const refusal = { name: 'ProviderAuthValidationFailed', data: { message: text } };
      scene.hostile.lie(/oauth\/authorize$/, (response) => json(response, 400, refusal));
      await signInFromPopup(scene);
      return scene.opened.at(-1) as Tab;
    },
  },
  {
    where: 'the name of what was signed in to',
    rules: 2,
    async show(scene, text) {
      scene.hostile.offers = [{ id: 'mallory', name: text, label: 'Log in' }];
      const tab = await arriveFromPopup(scene);
      await endOf(tab);
      const popup = await openPopup(scene.browser);
      scene.opened.push(popup);
      await popup.waitForText('ul[aria-label="Recent sign-ins"] li', /Mallory/);
      await expectPlain(popup);
      return tab;
    },
  },
];

export const nameAttacks: Attack[] = places.map(({ where, show, rules = 0 }) => ({
  tries: `puts markup, control characters and 10,000 others in ${where}`,
  way: 'answers',
  rules,
  run: async (scene) => expectPlain(await show(scene, nasty)),
}));
