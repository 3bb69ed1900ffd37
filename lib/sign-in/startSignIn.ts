import { browser } from 'wxt/browser';
import { armCaptureRule, disarmCaptureRules, newRuleId } from '../browser/captureRule';
import { pause } from '../browser/pause';
import { stayAwake } from '../browser/stayAwake';
import { learnLoopback } from '../delivery/learnServer';
import { whileNothingIsDelivered } from '../delivery/loopbackRoute';
import { type Authorization, authorize } from '../methods/authorize';
import { isOfPlugin, isSameTarget, listenerOf, seenMethod, takenBy } from '../methods/capabilities';
import { addServer, type ServerCheck } from '../methods/checkServer';
import type { Target } from '../methods/target';
import { lastDirectory } from '../methods/webUi';
import { type AuthorizationRequest, isBoundByState, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import type { Failure } from '../opencode/failure';
import { openSession } from '../opencode/session';
import { type Addition, getPendingAddition } from '../servers/serverStore';
import { type StartedNavigation, serverThatStarted } from '../servers/serverThatStarted';
import { isLoopback, type ServerUrl } from '../servers/serverUrl';
import { showBadge } from './badge';
import { type Binding, canBind, isAwaited } from './binding';
import { learnForDelivery } from './deliverSignIn';
import { forgetOfferedSignIn, getOfferedSignIn, offerSignIn } from './offeredSignIn';
import { advance, announce, disarmEnded } from './progress';
import { type Armed, type ArmedSignIn, isArmed, type SignIn } from './signIn';
import { changeSignIns, getSignIns } from './signInStore';
import { abandon, contest, failToArm, limit, rebind, SIGN_IN_LIFE_MS, start, supersede } from './transitions';

/** What is known of a sign-in when it starts. */
export interface StartedSignIn {
  server: ServerUrl;
  target: Target;
  binding: Binding;
  /** For these three, see lib/sign-in/signIn.ts. The first may still have to be read: its rule does not wait for it. */
  directory?: string | undefined | Promise<string | undefined>;
  heldBy?: 'web-ui' | undefined;
  startedHere?: true | undefined;
}

/** Settles when every sign-in that was seen to start so far has been dealt with. */
let dealtWith: Promise<unknown> = Promise.resolve();
/** A response waits no longer than this for a sign-in that is not written down yet: whatever hangs, others go on. */
const LONGEST_START_MS = 2_000;

/** A sign-in was seen to start: a response may come before it is written down, and then waits for that. */
export function dealWith(started: Promise<void>): Promise<void> {
  // Without the results: each would hold all that came before it.
  dealtWith = Promise.allSettled([dealtWith, started]).then(() => undefined);
  return started;
}

/** Waits until the sign-ins that have been seen to start are known: a provider may answer sooner than that. */
export async function untilStartsAreKnown(): Promise<void> {
  await Promise.race([dealtWith, pause(LONGEST_START_MS)]);
}

/** A sign-in is seen at the provider: if it started on one of the user's servers, its response is captured from now on. */
export function onAuthorizationRequest(observed: StartedNavigation): Promise<void> {
  return dealWith(watchSignIn(observed));
}

async function watchSignIn(observed: StartedNavigation): Promise<void> {
  const request = parseAuthorizationRequest(observed.url);
  // Without a state, nothing would tell this sign-in from another to the same redirect URI.
  if (!request || !isBoundByState(request)) return;
  // One whose link was copied has no page that it started on: it is known by being the very request.
  const server = (await serverThatStarted(observed)) ?? findSignIn(await getSignIns(), request)?.server;
  if (server) await startSignIn(request, startedIn(server, observed.tabId, request));
  else if (await isForAnotherMachine(request, observed)) await offer(request, observed);
}

async function offer(request: AuthorizationRequest, { tabId, originUrl, initiator }: StartedNavigation): Promise<void> {
  await offerSignIn(request, tabId, originUrl ?? initiator ?? '');
  await showBadge();
}

/**
 * Whether a sign-in that no known server started is opencode's, and started on a page of another machine. One that a program
 * on this machine opened has no page that it started on, and its tab has no opener: that one is left alone.
 */
async function isForAnotherMachine(
  { originator }: AuthorizationRequest,
  { tabId, originUrl, initiator }: StartedNavigation,
): Promise<boolean> {
  if (!originator || isOfPlugin(originator)) return false;
  const page = originUrl ?? initiator;
  if (page !== undefined) return /^https?:/.test(page) && !isLoopback(new URL(page).hostname);
  const tab = await browser.tabs.get(tabId).catch(() => undefined);
  return tab?.openerTabId !== undefined;
}

/** Adds a server, and lets the offered sign-in go on there if that was what the user added it for. */
export async function add({ url, finishOffered }: Addition): Promise<ServerCheck> {
  const check = await addServer(url);
  if (finishOffered && (check.kind === 'found' || check.kept)) await takeOfferedSignIn(check.url);
  return check;
}

/** Firefox closes the popup while it asks for a permission: what the popup began is finished here. */
export async function addPending(): Promise<void> {
  const pending = await getPendingAddition();
  if (pending) await add(pending);
}

/**
 * Takes the sign-in that was offered, for the server that the user says it started on: from now on its response is
 * captured. @returns whether there was one
 */
export async function takeOfferedSignIn(server: ServerUrl): Promise<boolean> {
  const offered = await getOfferedSignIn();
  if (!offered) return false;
  await forgetOfferedSignIn();
  await startSignIn(offered.request, startedIn(server, offered.tabId, offered.request));
  return true;
}

/** A sign-in that was seen at the provider, in a tab. */
function startedIn(server: ServerUrl, tabId: number, { originator }: AuthorizationRequest): StartedSignIn {
  return {
    server,
    target: seenMethod,
    binding: { kind: 'tabs', tabIds: [tabId] },
    directory: lastDirectory(server),
    // The page that opens a plugin's may not be opencode's web UI, and hold nothing: then its login alone tells.
    heldBy: isOfPlugin(originator) ? 'web-ui' : undefined,
  };
}

/** Whether somebody else's sign-in to a target may be waiting on a server; with `byAnyone`, whether any may. */
export interface Question {
  server: ServerUrl;
  target: Target;
  byAnyone?: true;
}

/**
 * Whether somebody else's sign-in may be waiting on a server, which has room for one: another that is started would end it. A
 * listener shows it, where its address is known beforehand. It is still there after one that was denied or ran out (measured,
 * 1.18.33): after one of this browser's that did not complete, it is taken for that one's, unless anyone's counts.
 */
export async function isTaken({ server, target, byAnyone }: Question): Promise<boolean> {
  const redirectUri = listenerOf(target);
  if (!redirectUri) return false;
  const own = (await getSignIns()).filter((one) => one.server === server && isSameTarget(one.target, target));
  const last = own.toSorted((a, b) => b.startedAt - a.startedAt)[0];
  if (last && last.phase !== 'completed' && !byAnyone) return false;
  const session = await openSession(server);
  if ('name' in session) return false;
  return (await learnLoopback({ session, target, redirectUri })).listener === 'there';
}

/**
 * Starts a sign-in on a server for the user, in a new tab.
 * @returns why not, if it could not be started
 */
export async function signInOn(given: { server: ServerUrl; target: Target }): Promise<Failure | undefined> {
  const { server, target } = given;
  const session = await openSession(server);
  if ('name' in session) return session;
  const authorization = await whileNothingIsDelivered(server, () => authorize(session, target));
  if ('name' in authorization) return authorization;
  const started = target.kind === 'provider' ? { ...target, takes: authorization.takes } : target;
  const isOpen = await openSignIn(authorization, { server, target: started, startedHere: true });
  return isOpen ? undefined : { name: 'not-started' };
}

/**
 * Opens the provider in a new tab, for a sign-in that a server has begun to wait for.
 * @returns whether it could; if not, nothing of the sign-in is left
 */
export async function openSignIn(
  { url, request }: Authorization,
  started: Omit<StartedSignIn, 'binding'>,
): Promise<boolean> {
  // First the rule, since a provider may answer at once; then the tab, and from then on in that tab only. Not an empty tab
  // that is led to the provider later: under a debugger, that crashes one tab in a hundred (Chromium 156).
  // A rule for any tab needs a state that binds it. Without one the tab is first: should its response be there before the
  // rule, its navigation fails, and is taken up from there (`onFailedNavigation`).
  const isBound = isBoundByState(request);
  const id = isBound ? await startSignIn(request, { ...started, binding: { kind: 'state' } }) : undefined;
  if (isBound && id === undefined) return false;
  const tab = await browser.tabs.create({ url }).catch(() => undefined);
  if (tab?.id !== undefined) {
    const binding = { kind: 'tabs' as const, tabIds: [tab.id] };
    await dealWith(startSignIn(request, { ...started, binding }).then(() => {}));
    return true;
  }
  if (id) await advance(id, (signIn) => abandon(signIn, 'not-started', Date.now()));
  return false;
}

/** The sign-in that an authorization request belongs to, if it was seen before. */
export function findSignIn(signIns: SignIn[], request: AuthorizationRequest): ArmedSignIn | undefined {
  const found = findByState(signIns, request);
  return found?.armed.redirectUri === request.redirectUri ? found : undefined;
}

/**
 * The sign-in that has a request's state: an unguessable one is one sign-in's, wherever it leads, for our page knows a response by
 * that alone. Any other counts only at the same redirect URI.
 */
export function findByState(signIns: SignIn[], request: AuthorizationRequest): ArmedSignIn | undefined {
  const isBound = isBoundByState(request);
  return signIns
    .filter(isArmed)
    .find(({ armed }) => armed.state === request.state && (isBound || armed.redirectUri === request.redirectUri));
}

/**
 * Arms a sign-in's capture rule and remembers it. The same request again, in this tab or another, is the same sign-in.
 * @returns its id; undefined when its state is that of a sign-in on another server, or of another request, which alone may have
 * the response, or when it cannot be bound so
 */
export async function startSignIn(request: AuthorizationRequest, started: StartedSignIn): Promise<string | undefined> {
  const { server, target, binding, heldBy, startedHere } = started;
  if (!canBind(binding, request)) return undefined;
  let id: string | undefined = crypto.randomUUID();
  // First the rule: what else there is to read and to write can wait, the response may not.
  const rule = { ...request, ruleId: newRuleId(), binding };
  const [isInForce, directory] = await Promise.all([arm(rule), started.directory]);
  const armed = { ...rule, directory };
  const changed = await changeSignIns(async (all) => {
    const known = findByState(all, request);
    if (known) {
      const { challenge, redirectUri } = known.armed;
      const isSame = known.server === server && challenge === request.challenge && redirectUri === request.redirectUri;
      id = isSame ? known.id : undefined;
      const isMore = takenBy(target) && isSameTarget(known.target, target);
      const seen = isSame ? rebind(known, binding, isMore ? target : undefined) : contest(known);
      if (isSame && seen !== known) await arm(seen.armed);
      await disarmCaptureRules([armed.ruleId]);
      return all.map((signIn) => (signIn === known ? seen : signIn));
    }
    const now = Date.now();
    const armedSignIn = start({ id: id ?? '', server, target, heldBy, startedHere, armed, now });
    const older = all.map((other) =>
      other.server === server && isSameTarget(other.target, target) ? supersede(other, now) : other,
    );
    const after = limit([...older, isInForce ? armedSignIn : failToArm(armedSignIn, now)], now);
    await disarmEnded(all, after);
    return after;
  });
  announce(changed);
  const isWaiting = changed.filter(isArmed).find((signIn) => signIn.id === id && signIn.phase === 'waiting');
  if (isWaiting && isAwaited(binding)) {
    void learnForDelivery(isWaiting);
    // Who logs in takes longer than an idle background is let run; to start it anew takes longer than to deliver.
    void stayAwake(pause(SIGN_IN_LIFE_MS));
  }
  return id;
}

/** @returns whether the rule is in force, as far as there is anything to catch */
async function arm({ binding, ...rule }: Armed): Promise<boolean> {
  if (!isAwaited(binding)) return true;
  return armCaptureRule({ ...rule, tabIds: binding.kind === 'tabs' ? binding.tabIds : undefined }).then(
    () => true,
    () => false,
  );
}
