/**
 * Stands in for `https://auth.x.ai`. In opencode 1.18.33 "SuperGrok Subscription" is a **device code** sign-in (RFC 8628):
 * nothing comes back to a loopback address, so there is nothing for the extension to do.
 *
 * Compared with what opencode 1.18.33 sends: `POST /oauth2/device/code` as a form with `client_id`, `scope` and
 * `referrer=opencode`; then `POST /oauth2/token` as a form with `grant_type`, `client_id` and `device_code`, every `interval`
 * and three seconds, until the answer is not `authorization_pending`. The path of the page for the code is ours. Measured
 * against the program, not against xAI.
 */
import type { Certificate } from '../certificates.ts';
import { createDeviceCodeProvider } from './device-code.ts';
import type { StandIn } from './stand-in.ts';

export const xaiHosts = ['auth.x.ai'] as const;

export function createXai(certificate: Certificate): StandIn {
  return createDeviceCodeProvider(certificate, {
    name: 'xAI',
    hosts: xaiHosts,
    deviceEndpoint: 'https://auth.x.ai/oauth2/device/code',
    tokenEndpoint: 'https://auth.x.ai/oauth2/token',
    verificationUri: 'https://auth.x.ai/stand-in/device',
    verificationUriComplete: true,
    clientId: 'b1a00492-073a-47ea-816f-4c329264a828',
    scope: 'openid profile email offline_access grok-cli:access api:access',
    body: 'form',
    refusalStatus: 400,
    token: ({ secret }) => ({
      access_token: secret('at'),
      refresh_token: secret('rt'),
      token_type: 'Bearer',
      expires_in: 3600,
    }),
  });
}
