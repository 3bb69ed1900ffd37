/** Chromium's background requests use the password that the user gave the browser this session. */
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { haveServer, waitForPhase } from '../pages/extension.ts';
import { connectChatGpt, followLink, openOpencode } from '../pages/opencode.ts';

test('a sign-in completes on a password-protected server with no opencode tab left', async ({
  world,
  browserWithExtension: browser,
}) => {
  const server = await world.addServer('opencode.example.com', { password: 'correct-horse' });
  const opencode = await openOpencode(browser, server);
  await haveServer(browser, server.url);
  await connectChatGpt(opencode);
  const tab = await followLink(browser, opencode);
  await opencode.close();
  await tab.click({ role: 'button', name: 'Continue' });

  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
  expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
  await expectNoSecrets({ world, server, browser, tab });
});
