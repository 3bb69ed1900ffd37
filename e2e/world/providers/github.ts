/**
 * Stands in for `https://github.com` as opencode's GitHub Copilot sign-in uses it: a **device code** (RFC 8628), nothing of
 * which comes back to a loopback address.
 *
 * Compared with what opencode 1.18.33 sends: `POST /login/device/code` with JSON `client_id` and `scope=read:user`; then
 * `POST /login/oauth/access_token` with JSON `client_id`, `device_code` and `grant_type`, every `interval` and three seconds.
 * As GitHub documents it, errors have the status 200 and there is neither a refresh token nor an end. Measured against the
 * program, not against GitHub.
 */
import type { Certificate } from '../certificates.ts';
import { createDeviceCodeProvider } from './device-code.ts';
import type { StandIn } from './stand-in.ts';

export const githubHosts = ['github.com'] as const;

export function createGithub(certificate: Certificate): StandIn {
  return createDeviceCodeProvider(certificate, {
    name: 'GitHub',
    hosts: githubHosts,
    deviceEndpoint: 'https://github.com/login/device/code',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    verificationUri: 'https://github.com/login/device',
    verificationUriComplete: false,
    clientId: 'Ov23li8tweQw6odWQebz',
    scope: 'read:user',
    body: 'json',
    refusalStatus: 200,
    token: ({ secret }) => ({ access_token: secret('gho'), token_type: 'bearer', scope: 'read:user' }),
  });
}
