/** Outcomes that opencode did not say: what looks like a success, or like a refusal, and is neither. */
import type { ServerResponse } from 'node:http';
import { expect } from '../fixtures.ts';
import type { HostileServer } from '../world/hostile-server.ts';
import { json } from '../world/providers/stand-in.ts';
import { type Attack, arriveFromChoice, arriveFromPage, endOf, openChoice } from './attack.ts';

type Answer = (response: ServerResponse) => void;

const answered = (status: number, contentType: string | undefined, text: string): Answer => {
  return (response) => response.writeHead(status, contentType ? { 'content-type': contentType } : {}).end(text);
};
const asJson = 'application/json';
const gateway = JSON.stringify({ error: 'forbidden', message: 'Your session has ended' });

/** What comes in the place of `200 true` and of an error of opencode's. */
const notOpencodes: { what: string; answer: Answer }[] = [
  { what: '`true` as HTML', answer: answered(200, 'text/html', 'true') },
  { what: '`"true"`', answer: answered(200, asJson, '"true"') },
  { what: '`true` with the status 201', answer: answered(201, asJson, 'true') },
  { what: 'JSON of something else', answer: answered(200, asJson, '{"ok":true}') },
  { what: 'nothing, with the status 204', answer: answered(204, undefined, '') },
  { what: 'a page', answer: answered(200, 'text/html', '<!doctype html><h1>Welcome</h1>') },
  { what: "a gateway's 401", answer: answered(401, asJson, gateway) },
  { what: "a gateway's 403", answer: answered(403, asJson, gateway) },
  { what: "a gateway's 429", answer: answered(429, asJson, gateway) },
  { what: "a gateway's 524", answer: answered(524, 'text/html', '<h1>A timeout occurred</h1>') },
  { what: "a gateway's 400", answer: answered(400, asJson, gateway) },
];

/** What the web UI's own request for the outcome may be answered with: of these only the status is seen. */
const notOpencodesStatus = notOpencodes.filter(({ what }) => !/"true"|something else|400/.test(what));

const refusal = { name: 'ProviderAuthOauthCallbackFailed', data: {} };

export const outcomeAttacks: Attack[] = [
  {
    tries: "answers anything but opencode's word for the outcomes of sign-ins",
    parts: notOpencodes.map(({ what }) => `answers ${what} for the outcome`),
    way: 'popup',
    rules: 2 * notOpencodes.length,
    async run(scene) {
      const { hostile } = scene;
      hostile.offers = notOpencodes.map((_, index) => ({ id: `m${index}`, name: `Mallory ${index}`, label: 'Log in' }));
      for (const [index, { answer }] of notOpencodes.entries()) {
        hostile.lie(new RegExp(`^POST /provider/m${index}/oauth/callback$`), answer);
      }
      const popup = await openChoice(scene);
      const ends: Promise<string>[] = [];
      for (const index of notOpencodes.keys()) ends.push(endOf(await arriveFromChoice(scene, popup, index + 1)));
      return expectUnclear(await Promise.all(ends));
    },
  },
  {
    tries: "answers its page anything but opencode's word for the outcomes of sign-ins",
    parts: notOpencodesStatus.map(({ what }) => `answers its page ${what} for the outcome`),
    way: 'page',
    rules: 2 * notOpencodesStatus.length,
    async run(scene) {
      scene.hostile.offers = notOpencodesStatus.map((_, index) => ({
        id: `e${index}`,
        name: `Eve ${index}`,
        label: '',
      }));
      const ends: Promise<string>[] = [];
      for (const [index, { answer }] of notOpencodesStatus.entries()) {
        const held = holdOutcome(scene.hostile);
        const tab = await arriveFromPage(scene, `e${index}`);
        await tab.waitForText('html[data-phase=delivering] [role=status] h1', /./);
        for (const response of held) answer(response);
        ends.push(endOf(tab));
      }
      return expectUnclear(await Promise.all(ends));
    },
  },
  ...[
    { what: 'a GET', init: { method: 'GET' } },
    { what: 'a request of a frame', init: { method: 'POST' }, inFrame: true },
    { what: 'an older request', init: { method: 'POST' }, isOlder: true },
  ].map(
    ({ what, init, inFrame = false, isOlder = false }): Attack => ({
      tries: `answers ${what} of its page for the outcome with 200, and refuses the sign-in`,
      way: 'page',
      rules: 2,
      async run(scene) {
        const { page, hostile } = scene;
        const faked: ServerResponse[] = [];
        const fake = async () => {
          hostile.lie(/\/oauth\/callback$/, (response) => faked.push(response));
          await page.evaluate(
            async ({ how, frame }) => {
              const fetchIn = async () => {
                if (!frame) return window.fetch.bind(window);
                const element = Object.assign(document.createElement('iframe'), { src: '/frame' });
                await new Promise((loaded) => {
                  element.onload = loaded;
                  document.body.append(element);
                });
                return element.contentWindow?.fetch.bind(element.contentWindow) ?? fetch;
              };
              const asked = (await fetchIn())('/provider/eve/oauth/callback', how);
              void asked.then(() => {
                document.body.dataset.faked = 'yes';
              });
            },
            { how: init, frame: inFrame },
          );
          await expect.poll(() => faked.length).toBe(1);
        };
        if (isOlder) await fake();
        const held = holdOutcome(hostile);
        const tab = await arriveFromPage(scene);
        await tab.waitForText('html[data-phase=delivering] [role=status] h1', /./);
        if (!isOlder) await fake();
        for (const response of faked) json(response, 200, true);
        await page.waitForText('body[data-faked]', /./);
        await scene.signInOnGood();
        expect(held).toHaveLength(1);
        for (const response of held) json(response, 500, refusal);
        const said = await endOf(tab);
        expect(said).not.toMatch(/Signed in/);
        return said;
      },
    }),
  ),
];

/** Neither a success nor a refusal was said, so neither may be shown. */
function expectUnclear(ends: string[]): string[] {
  const unclear = 'hostile.example.com did not say whether the sign-in worked';
  expect(ends).toEqual(ends.map(() => unclear));
  return ends;
}

/** The answer that its page waits for is held back from now on. */
function holdOutcome(hostile: HostileServer): ServerResponse[] {
  const held: ServerResponse[] = [];
  hostile.lie(/^POST .*\/oauth\/callback$/, (response) => held.push(response));
  return held;
}
