/**
 * The real Codex CLI logs in on the user's machine while an opencode sign-in waits on the server. Both are the same client
 * at the provider, and both wait on port 1455 for the same path, each on its own machine's loopback.
 */
import type { Tab } from '../drivers/driver.ts';
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { test as base, expect } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { waitForPhase } from '../pages/extension.ts';
import { isStillWaiting, openOpencode, waitUntilConnected } from '../pages/opencode.ts';
import { beginSignIn, startSignIn } from '../pages/signIn.ts';
import { type CodexLogin, startCodexLogin } from '../world/codex.ts';

const test = base.extend<{ codex: CodexLogin }>({
  codex: async ({ world }, use) => {
    const codex = await startCodexLogin(world.authority);
    await use(codex);
    await codex.stop();
  },
});

for (const first of ['Codex CLI', 'opencode']) {
  test(`Codex CLI and opencode wait at the same time, and each gets its own response: ${first} first`, async ({
    world,
    codex,
    browserWithExtension: browser,
  }) => {
    const { server, opencode, tab } = await beginSignIn(world, browser);
    const codexTab = await browser.newTab(codex.url);

    const completeCodex = async () => {
      await decide(codexTab);
      await codexTab.waitForText('body', /Signed in to Codex/);
      expect(await codex.ended).toBe(0);
    };
    const completeOpencode = async () => {
      await decide(tab);
      await waitForPhase(tab, 'completed');
      await waitUntilConnected(opencode);
    };
    if (first === 'opencode') {
      await completeOpencode();
      expect(codex.callbacks()).toEqual([]);
      await completeCodex();
    } else {
      await completeCodex();
      expect(server.opencode.storedCredentials()).toEqual({});
      expect(await isStillWaiting(opencode)).toBe(true);
      await completeOpencode();
    }

    expect(codex.callbacks()).toEqual([expect.stringContaining('state_valid=true')]);
    expect(codex.storedCredentials()).toMatchObject({ auth_mode: 'chatgpt' });
    expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
    expect(world.providers.chatgpt.exchanges).toEqual(['ok', 'ok']);
    // Of Codex CLI's sign-in nothing was remembered either.
    await expectNoSecrets({ world, server, browser, tab });
  });
}

test("without the extension opencode's response reaches Codex CLI, which cannot use it", async ({
  world,
  codex,
  plainBrowser: browser,
}) => {
  const server = await world.addServer('opencode.example.com');
  const opencode = await openOpencode(browser, server);
  const tab = await startSignIn(browser, opencode);
  await decide(tab);

  await tab.waitForText('body', /State mismatch/);
  expect(codex.callbacks()).toEqual([expect.stringContaining('state_valid=false')]);
  expect(await isStillWaiting(opencode)).toBe(true);
});

async function decide(tab: Tab): Promise<void> {
  await tab.bringToFront();
  await tab.click(allow);
}
