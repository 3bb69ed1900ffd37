/** Authorization URLs that no provider has. A URL that a server names is any URL. */
import { authorizationUrl, newState, ownRedirectUri } from '../world/hostile-server.ts';
import { type Attack, nameUrl, type Scene, type WayOfUrl } from './attack.ts';

/** What makes an authorization request of any URL: for the listener of another program, and without a state. */
function forLocalProgram({ local }: Scene): string {
  return new URLSearchParams({ response_type: 'code', redirect_uri: `${local.origin}/callback` }).toString();
}

interface BadUrl {
  name: string;
  ways: WayOfUrl[];
  /** It has no query. */
  url(scene: Scene): string;
}

const badUrls: BadUrl[] = [
  { name: 'a `javascript:` URL', ways: ['events', 'popup', 'link'], url: () => 'javascript:x' },
  { name: 'a `data:` URL', ways: ['events', 'popup'], url: () => 'data:text/html,x' },
  { name: 'a `file:` URL', ways: ['events', 'popup'], url: () => 'file:///etc/hostname' },
  {
    name: "a page of the browser's own",
    ways: ['events', 'popup'],
    url: ({ browser }) => (browser.name === 'firefox' ? 'about:config' : 'chrome://settings/'),
  },
  {
    name: "a page of the extension's own",
    ways: ['events'],
    url: ({ browser }) => browser.extensionUrl('callback.html'),
  },
  {
    name: 'a `blob:` URL',
    ways: ['events'],
    url: ({ hostileUrl }) => `blob:${hostileUrl}/6f1c2f6e-6a0e-4d0a-9b0c-2f4d3c1e5a77`,
  },
  {
    name: 'an `http:` URL of another host',
    ways: ['events', 'popup', 'link'],
    url: () => 'http://page.example.com/log-in',
  },
  {
    name: "an `http:` URL of the user's own machine",
    ways: ['events', 'popup'],
    url: ({ local }) => `${local.origin}/log-in`,
  },
  {
    name: 'a URL with a user name that looks like a host',
    ways: ['events', 'popup'],
    url: () => 'https://auth.openai.com:443@page.example.com/log-in',
  },
  {
    name: 'a host that is written backwards',
    ways: ['events'],
    url: () => 'https://\u202emoc.ianepo.htua\u202c.example.com/log-in',
  },
];

export const urlAttacks: Attack[] = [
  ...badUrls.flatMap(({ name, ways, url }) =>
    ways.map(
      (way): Attack => ({
        tries: `names ${name}`,
        way,
        run(scene) {
          // What is shown as a link is watched only if it has a state.
          const state = way === 'link' ? `&state=${newState()}` : '';
          return nameUrl(scene, way, `${url(scene)}?${forLocalProgram(scene)}${state}`);
        },
      }),
    ),
  ),
  {
    tries: "names a host in another script's letters",
    way: 'popup',
    // It is an https URL like any other. The browser shows such a host in a spelling that gives it away.
    tabs: 1,
    rules: 2,
    run(scene) {
      const url = new URL(authorizationUrl({ redirect_uri: ownRedirectUri }));
      url.host = '\u0430uth.openai.com';
      return nameUrl(scene, 'popup', url.href);
    },
  },
  {
    tries: 'names no URL at all',
    way: 'popup',
    run: (scene) => nameUrl(scene, 'popup', `/log-in?${forLocalProgram(scene)}`),
  },
  {
    tries: 'asks for a response of another type',
    way: 'popup',
    run: (scene) => nameUrl(scene, 'popup', authorizationUrl({ response_type: 'code token' })),
  },
];
