/** Every language, on the narrowest page: nothing is English, and nothing is wider than the page. Firefox has the same files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMessagesText } from '@wxt-dev/i18n/build';
import type { Tab } from '../drivers/driver.ts';
import { expect, test } from '../fixtures.ts';
import { extensionFolder, launch } from '../launch.ts';
import { allow } from '../pages/authorize.ts';
import { openPopup, waitForPhase } from '../pages/extension.ts';
import { speakingOnly } from '../speakingOnly.ts';

const NARROWEST = 320;

for (const file of readdirSync('locales').filter((name) => name.endsWith('.yml'))) {
  const language = file.slice(0, -'.yml'.length);

  test(`${language}: a server is added and signed in`, async ({ world, driver }, testInfo) => {
    const say = speakerOf(file);
    const server = await world.addServer('opencode.example.com', { isFresh: true });
    const extension = speakingOnly(language, extensionFolder(driver), testInfo.outputPath('extension'));
    const browser = await launch(driver, world, extension);

    const welcome = await browser.newTab(browser.extensionUrl('welcome.html'));
    await welcome.waitForText('h1', textPattern(say('welcome.title')));
    await expectToFit(welcome, say('extension.language'));
    await welcome.close();

    const options = await browser.newTab(browser.extensionUrl('options.html'));
    await options.waitForText('h1', textPattern(say('options.title')));
    await expectToFit(options, say('extension.language'));
    await options.close();

    const popup = await openPopup(browser);
    await popup.fill({ role: 'textbox', name: say('add.serverUrl') }, server.url);
    await popup.click({ role: 'button', name: say('add.addServer') });
    const found = say('add.found', '1.18.33', server.host);
    await popup.waitForText('[role=status]', textPattern(found));
    await popup.click({ role: 'button', name: say('popup.more', server.host) });
    await popup.click({ xpath: `//label[contains(., "${say('popup.deliveryCallbackUrl')}")]` });
    await popup.click({ role: 'button', name: say('popup.save') });
    await popup.waitForText('[role=status]', textPattern(say('templateProblem.notAUrl')));
    await expectToFit(popup, say('extension.language'));

    const provider = await browser.tabOpenedBy(() => popup.click({ role: 'button', name: say('popup.signIn') }));
    await provider.waitFor(allow);
    await server.goDown();
    await provider.click(allow);
    expect(await waitForPhase(provider, 'failed')).toContain(say('failure.server_unreachable.title', server.host));
    await expectToFit(provider, say('extension.language'));

    await popup.bringToFront();
    await popup.waitForText('.recent', textPattern(say('failure.server_unreachable.title', server.host)));
    await expectToFit(popup, say('extension.language'));

    await server.comeBack();
    await provider.bringToFront();
    await provider.click({ role: 'button', name: say('callback.tryAgain') });
    expect(await waitForPhase(provider, 'completed')).toContain(say('callback.completed', server.host, 'ChatGPT'));
    await expectToFit(provider, say('extension.language'));
    await browser.close();
  });
}

async function expectToFit(tab: Tab, language: string): Promise<void> {
  await tab.resize(NARROWEST, 900);
  const page = await tab.evaluate(() => {
    const { lang, scrollWidth, clientWidth } = document.documentElement;
    return { language: lang, width: innerWidth, tooWide: scrollWidth - clientWidth };
  }, undefined);
  expect(page).toEqual({ language, width: NARROWEST, tooWide: 0 });
}

/** What the extension says for a key, from the file that its translator wrote. */
function speakerOf(file: string): (key: string, ...given: string[]) => string {
  const messages = parseMessagesText(readFileSync(join('locales', file), 'utf8'), 'YAML');
  return (key, ...given) => {
    const message = messages.find((candidate) => candidate.key.join('.') === key);
    if (message?.type !== 'simple') throw new Error(`${file} has no ${key}`);
    return message.message.replace(/\$(\d)/g, (_, index) => given[index - 1] ?? '');
  };
}

/** Drivers see every space as one of a kind, those that do not break too. */
function textPattern(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s/g, '\\s'));
}
