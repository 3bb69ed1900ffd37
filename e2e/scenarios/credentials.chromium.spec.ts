/** Chromium's background requests use the password that the user gave the browser this session. */
import { expectNoSecrets } from '../expectNoSecrets.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { waitForPhase } from '../pages/extension.ts';
import { beginSignIn } from '../pages/signIn.ts';

test('a sign-in completes on a password-protected server with no opencode tab left', async ({
  world,
  browserWithExtension: browser,
}) => {
  const { server, opencode, tab } = await beginSignIn(world, browser, { password: 'correct-horse' });
  await opencode.close();
  await tab.click(allow);

  expect(await waitForPhase(tab, 'completed')).toContain('Signed in to ChatGPT on opencode.example.com');
  expect(server.opencode.storedCredentials()).toMatchObject({ openai: { type: 'oauth' } });
  await expectNoSecrets({ world, server, browser, tab });
});
