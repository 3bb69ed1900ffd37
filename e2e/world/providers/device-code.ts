/**
 * The device authorization grant (RFC 8628), as strict as the provider: what xAI and GitHub have in common. Nothing comes
 * back to a loopback address here; these stand-ins show that such sign-ins go on as if the extension were not there.
 */
import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Certificate } from '../certificates.ts';
import { createStandIn, json, page, type StandIn, type Workings } from './stand-in.ts';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code';
const CODE_LIFE_MS = 300_000;
/** The shortest there is: opencode adds three seconds of its own to it. */
const INTERVAL_SECONDS = 1;

export interface DeviceProfile {
  name: string;
  hosts: readonly [string, ...string[]];
  deviceEndpoint: string;
  tokenEndpoint: string;
  /** The page where the user gives the code. */
  verificationUri: string;
  /** Whether the answer has `verification_uri_complete`, the same with the code in its query. */
  verificationUriComplete: boolean;
  clientId: string;
  scope: string;
  /** How opencode writes the body of both requests. */
  body: 'form' | 'json';
  /** The status with which the token endpoint refuses: 400 by the RFC, 200 at GitHub. */
  refusalStatus: 200 | 400;
  token(workings: Workings): Record<string, unknown>;
}

interface Device {
  userCode: string;
  issuedAt: number;
  decision: 'pending' | 'allowed' | 'denied' | 'used';
}

export function createDeviceCodeProvider(certificate: Certificate, profile: DeviceProfile): StandIn {
  const devices = new Map<string, Device>();

  return createStandIn(certificate, profile.hosts, (workings) => {
    return async (request, response, url) => {
      const asked = `${request.method} ${url.origin}${url.pathname}`;
      if (asked === `POST ${profile.deviceEndpoint}`) start(await parametersOf(request), response);
      else if (asked === `GET ${profile.verificationUri}`) askForCode(url.searchParams, response);
      else if (asked === `POST ${profile.verificationUri}`) {
        decide(new URLSearchParams(await text(request)), response);
      } else if (asked === `POST ${profile.tokenEndpoint}`) exchange(await parametersOf(request), response);
      else return false;
      return true;
    };

    function start(parameters: URLSearchParams | undefined, response: ServerResponse): void {
      if (parameters?.get('client_id') !== profile.clientId) return json(response, 401, { error: 'invalid_client' });
      if (parameters.get('scope') !== profile.scope) return json(response, 400, { error: 'invalid_scope' });
      const userCode = `${letters()}-${letters()}`;
      const deviceCode = workings.secret('device');
      devices.set(deviceCode, { userCode, issuedAt: Date.now(), decision: 'pending' });
      json(response, 200, {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: profile.verificationUri,
        ...(profile.verificationUriComplete
          ? { verification_uri_complete: `${profile.verificationUri}?user_code=${userCode}` }
          : {}),
        expires_in: CODE_LIFE_MS / 1000,
        interval: INTERVAL_SECONDS,
      });
    }

    function askForCode(query: URLSearchParams, response: ServerResponse): void {
      const code = (query.get('user_code') ?? '').replace(/[^A-Z-]/g, '');
      page(
        response,
        200,
        `<h1>Log in to ${profile.name}</h1><p>Stand-in, not the real one</p>
         <form method="post">
           <p><label>Code <input name="user_code" value="${code}" autocomplete="off"></label></p>
           <button name="decision" value="allow">Continue</button>
           <button name="decision" value="deny">Cancel</button>
         </form>`,
      );
    }

    function decide(form: URLSearchParams, response: ServerResponse): void {
      const device = [...devices.values()].find(({ userCode }) => userCode === form.get('user_code')?.trim());
      if (device?.decision !== 'pending') return page(response, 400, '<p role="alert">This code is not known</p>');
      device.decision = form.get('decision') === 'allow' ? 'allowed' : 'denied';
      page(response, 200, '<h1>Device connected</h1><p>You can close this page.</p>');
    }

    function exchange(parameters: URLSearchParams | undefined, response: ServerResponse): void {
      const problem = exchangeProblem(parameters);
      // Waiting is not a refusal: opencode asks again and again.
      if (problem !== 'authorization_pending') workings.exchanges.push(problem ?? 'ok');
      if (problem) return json(response, profile.refusalStatus, { error: problem });
      json(response, 200, profile.token(workings));
    }

    function exchangeProblem(parameters: URLSearchParams | undefined): string | undefined {
      if (!parameters) return 'invalid_request';
      if (parameters.get('grant_type') !== GRANT_TYPE) return 'unsupported_grant_type';
      if (parameters.get('client_id') !== profile.clientId) return 'invalid_client';
      const device = devices.get(parameters.get('device_code') ?? '');
      if (!device || device.decision === 'used' || workings.refuseExchanges) return 'invalid_grant';
      if (Date.now() - device.issuedAt > CODE_LIFE_MS) return 'expired_token';
      if (device.decision === 'pending' && workings.remembersUser) device.decision = 'allowed';
      if (device.decision === 'pending') return 'authorization_pending';
      if (device.decision === 'denied') return 'access_denied';
      device.decision = 'used';
      return undefined;
    }
  });

  async function parametersOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
    const type = profile.body === 'form' ? 'application/x-www-form-urlencoded' : 'application/json';
    if (request.headers['content-type'] !== type) return undefined;
    const body = await text(request);
    return new URLSearchParams(profile.body === 'form' ? body : (JSON.parse(body) as Record<string, string>));
  }
}

function letters(): string {
  return Array.from({ length: 4 }, () => String.fromCharCode(65 + randomInt(26))).join('');
}
