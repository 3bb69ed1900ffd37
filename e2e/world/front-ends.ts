/**
 * Stand-ins for what other people put in front of opencode: pages of their own, which have its API below a path, and home servers,
 * which show such a page in a frame. None of these programs can be installed here (npm has none of them). Each is written after
 * its source, as far as a sign-in has to do with it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RemoteServer } from './world.ts';

/**
 * OpenChamber, up to the releases that speak opencode's second API: its own pages are at the server's root, opencode's API is below
 * `/api`. It asks for a sign-in, opens the provider without an opener, shows the URL in a text field that can be copied from, and
 * asks for the outcome when its user says that all is done (`packages/ui/src/components/sections/providers/ProvidersPage.tsx`).
 */
export function serveFrontEnd({ reverseProxy }: RemoteServer): void {
  reverseProxy.intercept = (request, response) => {
    const path = request.url ?? '/';
    if (!path.startsWith('/api/')) return answerPage(path, '/api', response);
    request.url = path.slice('/api'.length);
    return false;
  };
}

/** Where Home Assistant shows an add-on, and where it has what the add-on serves: the last part is made up when it is installed. */
export const ingress = {
  page: '/hassio/ingress/a0d7b954_opencode',
  place: '/api/hassio_ingress/Zx3kQ9vT0aLmN7pR2sUwYg_1b5c8d2e4f6a7b9c0d1e',
};

/**
 * Home Assistant, with an add-on that serves a page beside opencode's API: the page that it shows gives itself a cookie for the
 * add-ons' paths, and has the add-on in a frame, in a shadow tree. Without the cookie nothing is let through
 * (`hassio/src/ingress-view/hassio-ingress-view.ts` and `src/data/hassio/ingress.ts` of its front end).
 */
export function serveIngress({ reverseProxy }: RemoteServer): void {
  reverseProxy.intercept = (request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith(`${ingress.place}/`)) return throughIngress(request, response);
    if (path === '/frontend.js') answerScript(response, ingressScript);
    else
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><script src="/frontend.js"></script>');
    return true;
  };
}

function throughIngress(request: IncomingMessage, response: ServerResponse): boolean {
  const path = (request.url ?? '').slice(ingress.place.length);
  if (!request.headers.cookie?.includes('ingress_session=')) {
    response.writeHead(401, { 'content-type': 'text/plain' }).end('401: Unauthorized');
    return true;
  }
  if (path === '/' || path.startsWith('/front-end.')) return answerPage(path, ingress.place, response);
  request.url = path;
  return false;
}

const ingressScript = `
document.cookie = 'ingress_session=0123456789abcdef;path=/api/hassio_ingress/;SameSite=Strict;Secure';
const view = document.body ?? document.documentElement.appendChild(document.createElement('body'));
const frame = Object.assign(document.createElement('iframe'), { title: 'OpenCode', src: '${ingress.place}/' });
frame.style = 'width: 100%; height: 80vh';
view.appendChild(document.createElement('hassio-ingress-view')).attachShadow({ mode: 'open' }).append(frame);
`;

/** The front end's page, for whatever path, as single-page applications have it. */
function answerPage(path: string, api: string, response: ServerResponse): true {
  if (path.endsWith('/front-end.js')) answerScript(response, scriptFor(api));
  else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(pageFor(api));
  return true;
}

function answerScript(response: ServerResponse, script: string): void {
  response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
}

const pageFor = (api: string) => `<!doctype html><title>Front end</title>
  <h1>Stand-in for another front end</h1>
  <button data-provider="openai">Connect OpenAI</button> <button data-provider="gitlab">Connect GitLab</button>
  <p><input readonly aria-label="Authorization link"> <button>Complete</button></p>
  <p role="status"></p><script src="${api === '/api' ? '' : api}/front-end.js"></script>`;

const scriptFor = (api: string) => `
const status = document.querySelector('[role=status]');
let provider;
const post = (asked) =>
  fetch('${api}/provider/' + provider + '/oauth/' + asked, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"method":0}',
  });
const [complete] = document.querySelectorAll('button:not([data-provider])');
for (const button of document.querySelectorAll('[data-provider]'))
  button.onclick = async () => {
    provider = button.dataset.provider;
    const { url } = await (await post('authorize')).json();
    // React writes a text field's value into its attribute as well.
    document.querySelector('input').setAttribute('value', url);
    window.open(url, '_blank', 'noopener,noreferrer');
    status.textContent = 'Complete the sign-in in the browser';
  };
complete.onclick = async () => {
  const outcome = await post('callback');
  status.textContent = outcome.ok && (await outcome.json()) === true ? 'Connected' : 'Could not be completed';
};
`;
