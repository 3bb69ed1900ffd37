import * as z from 'zod/mini';
import { type AuthorizationRequest, isBoundByState } from '../oauth/authorizationRequest';
import { type AuthorizationResponse, parseAuthorizationResponse } from '../oauth/authorizationResponse';

/**
 * What ties a response to a sign-in, beside its redirect URI and its state, which is compared wherever one was sent.
 * A page that knows the state has other tabs only.
 */
export const Binding = z.discriminatedUnion('kind', [
  /**
   * The tabs that its authorization request was seen in: none yet, as long as only its link was. Without a state, as Poe has
   * none, this is all that binds it.
   */
  z.object({ kind: z.literal('tabs'), tabIds: z.array(z.number()) }),
  /** Its state in any tab: only the link to the provider was seen, and not the tab that it was opened in. */
  z.object({ kind: z.literal('state') }),
  /** The user's own word: the response is there already, and none is taken from any tab. */
  z.object({ kind: z.literal('user') }),
]);
export type Binding = z.infer<typeof Binding>;

/** Whether an authorization request can be bound so: in any tab, only a state that nobody can guess binds a response. */
export function canBind(binding: Binding, request: AuthorizationRequest): boolean {
  return binding.kind !== 'state' || isBoundByState(request);
}

/** Whether there is a tab that its response may come in. */
export function isAwaited(binding: Binding): boolean {
  return binding.kind === 'state' || (binding.kind === 'tabs' && binding.tabIds.length > 0);
}

/** The request was seen once more: in a tab, its response may come in each that it was seen in, and in no other. */
export function bindTo(known: Binding, seen: Binding): Binding {
  if (seen.kind !== 'tabs') return known;
  const before = known.kind === 'tabs' ? known.tabIds : [];
  const more = seen.tabIds.filter((tabId) => !before.includes(tabId));
  return more.length > 0 ? { kind: 'tabs', tabIds: [...before, ...more] } : known;
}

/**
 * Reads the response of a sign-in. This alone says whether what came in a tab may be that.
 * @param expected what the sign-in was started with, and what it is bound by
 */
export function readResponse(
  expected: AuthorizationRequest & { binding: Binding },
  url: string,
  tabId: number | undefined,
): AuthorizationResponse | undefined {
  const { binding } = expected;
  const isHere =
    binding.kind === 'tabs' ? tabId !== undefined && binding.tabIds.includes(tabId) : binding.kind === 'state';
  return isHere && canBind(binding, expected) ? parseAuthorizationResponse(url, expected) : undefined;
}

/**
 * Whether a response that came in a tab of nobody's is that of a sign-in which was seen to start in others: by its state, as
 * long as nobody else has used that.
 */
export function mayComeElsewhere(
  expected: AuthorizationRequest & { binding: Binding; isContested?: true | undefined },
  url: string,
): boolean {
  const isTied = expected.binding.kind === 'tabs' && isBoundByState(expected) && !expected.isContested;
  return isTied && parseAuthorizationResponse(url, expected) !== undefined;
}
