/** Responses with the state of another sign-in; in both browsers the same code compares it, and ChatGPT's is in isolation.spec. */
import { deliveries } from '../deliveries.ts';
import { expect, test } from '../fixtures.ts';
import { allow } from '../pages/authorize.ts';
import { addServer, openPopup, waitForPhase } from '../pages/extension.ts';
import { callsFor, configureMcp, expectSignedIn, mcp, signIns, startFromPopup } from '../pages/providers.ts';

for (const signIn of [...signIns, mcp].filter(({ provider }) => provider !== 'poe')) {
  test(`a response with a wrong state is no response to ${signIn.label}, and the sign-in goes on`, async ({
    world,
    browserWithExtension: browser,
  }) => {
    const server = await world.addServer('opencode.example.com');
    if (!signIn.id) await configureMcp(server);
    const popup = await openPopup(browser);
    await addServer(popup, server.url);
    const tab = await startFromPopup(browser, popup, signIn);
    await tab.waitFor(allow);
    const page = await tab.url();

    // In the sign-in's own tab, where the right one would be captured.
    await tab.goto(wrongResponse(new URL(page).searchParams));
    expect(await tab.waitForErrorPage()).toBe('connection-refused');
    expect(deliveries(server)).toEqual([]);
    expect(callsFor(server, /^POST .*callback/)).toEqual([]);

    await tab.goto(page);
    await tab.click(allow);
    await waitForPhase(tab, 'completed');
    await expectSignedIn(world, server, signIn);
  });
}

/** What the provider would send the browser to, from its own page's request, with the state of another sign-in. */
function wrongResponse(request: URLSearchParams): string {
  const state = `${request.get('state')?.slice(1)}x`;
  const [mark, granted] = request.get('response_type') === 'token' ? ['#', 'access_token'] : ['?', 'code'];
  return `${request.get('redirect_uri')}${mark}${granted}=forged&state=${state}`;
}
