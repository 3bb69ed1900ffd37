import * as z from 'zod/mini';
import { type AuthorizationRequest, parseAuthorizationRequest } from '../oauth/authorizationRequest';
import { jsonOf } from './channel';
import type { Failure } from './failure';
import { type ReachedServer, whyNot } from './identifyServer';

/** A sign-in that a server has begun to wait for, and the URL at which the user logs in to it. */
export interface Authorization {
  url: string;
  request: AuthorizationRequest;
}

const Methods = z.record(z.string(), z.array(z.object({ type: z.string() })));
const Authorized = z.object({ url: z.string(), method: z.literal('auto') });

/**
 * Starts a sign-in on a server, with the first of the provider's methods that is a login in the browser. It takes the
 * place of one that the server waits for.
 */
export async function authorize({ channel }: ReachedServer, provider: string): Promise<Authorization | Failure> {
  const listed = await channel.send({ method: 'GET', path: '/provider/auth' });
  const methods = z.safeParse(Methods, jsonOf(listed)).data?.[provider] ?? [];
  const method = methods.findIndex(({ type }) => type === 'oauth');
  if (method < 0) return whyNot(listed);
  const path = `/provider/${provider}/oauth/authorize`;
  const answer = await channel.send({ method: 'POST', path, body: { method } });
  const { data } = z.safeParse(Authorized, jsonOf(answer));
  const request = data && parseAuthorizationRequest(data.url);
  return data && request ? { url: data.url, request } : whyNot(answer);
}
