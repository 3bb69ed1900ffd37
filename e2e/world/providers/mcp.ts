/**
 * A real MCP server with OAuth at `https://mcp.example.com/mcp`, on the official `@modelcontextprotocol/sdk`: streamable
 * HTTP behind `requireBearerAuth`, and its `mcpAuthRouter` with discovery (RFC 9728, RFC 8414), dynamic client registration
 * (RFC 7591), authorization and token endpoint. Ours is only what the SDK leaves to a server: who is logged in, which code
 * is good, which token.
 *
 * Compared with what opencode 1.18.33 sends (it has the same SDK's client): `POST /mcp` without a token; on 401 `GET
 * /.well-known/oauth-protected-resource/mcp`, `GET /.well-known/oauth-authorization-server`, `POST /register` as a public
 * client with the one redirect URI `http://127.0.0.1:19876/mcp/oauth/callback`; `GET /authorize` with `state` (64 hexadecimal
 * digits), `resource` and an S256 challenge; `POST /token` with `code`, `code_verifier`, `redirect_uri` and `resource`.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  InvalidClientMetadataError,
  InvalidGrantError,
  InvalidRequestError,
  InvalidTargetError,
  InvalidTokenError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { AuthorizationParams, OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { Certificate } from '../certificates.ts';
import { consentPage, createStandIn, problemPage, redirect, type StandIn, type Workings } from './stand-in.ts';

export const mcpHosts = ['mcp.example.com'] as const;
/** What opencode's configuration says: `{ type: 'remote', url: mcpUrl }`. */
export const mcpUrl = `https://${mcpHosts[0]}/mcp`;

/** An entry of opencode's configuration may name another redirect URI than the usual one: here this. */
export const configuredRedirectUri = 'http://127.0.0.1:19999/my/callback';
/** The first is that of an opencode that is not configured otherwise. A client registers one. */
const REDIRECT_URIS = ['http://127.0.0.1:19876/mcp/oauth/callback', configuredRedirectUri];
const CONSENT = '/stand-in/consent';
const CODE_LIFE_MS = 60_000;
const TOKEN_LIFE_SECONDS = 3600;

interface AuthorizationRequest {
  clientId: string;
  params: AuthorizationParams;
}

interface Grant extends AuthorizationRequest {
  issuedAt: number;
  used: boolean;
}

export function createMcp(certificate: Certificate): StandIn {
  const resource = new URL(mcpUrl);
  const clients = new Map<string, OAuthClientInformationFull>();
  const requests = new Map<string, AuthorizationRequest>();
  const grants = new Map<string, Grant>();
  const accessTokens = new Map<string, { clientId: string; expiresAt: number }>();
  const refreshTokens = new Map<string, string>();

  return createStandIn(certificate, mcpHosts, (workings) => {
    const provider = createProvider(workings);
    const app = createMcpExpressApp({ host: mcpHosts[0] });
    // A test may sign in more often than the SDK lets one address in an hour.
    const options = { rateLimit: false } as const;
    app.use(
      mcpAuthRouter({
        provider,
        issuerUrl: new URL('/', resource),
        resourceServerUrl: resource,
        authorizationOptions: options,
        tokenOptions: options,
        clientRegistrationOptions: options,
      }),
    );
    const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource);
    app.use(resource.pathname, requireBearerAuth({ verifier: provider, resourceMetadataUrl }));
    app.post(resource.pathname, async (request, response) => {
      // Without sessions: a server and a transport for each request, as in the SDK's own example.
      const transport = new StreamableHTTPServerTransport();
      const server = createMcpServer();
      response.on('close', () => void Promise.all([transport.close(), server.close()]));
      await server.connect(transport);
      await transport.handleRequest(request, response, request.body);
    });
    // No stream from the server and no session to end: what the specification has 405 for.
    app.all(resource.pathname, (_request, response) => void response.status(405).end());

    return async (request, response, url) => {
      if (request.method === 'POST' && url.pathname === CONSENT) {
        decide(new URLSearchParams(await text(request)), response);
      } else app(request, response);
      return true;
    };

    function decide(form: URLSearchParams, response: ServerResponse): void {
      const id = new URLSearchParams(form.get('request') ?? '').get('id') ?? '';
      const asked = requests.get(id);
      if (!asked) return problemPage(response, 'nobody asked for this');
      requests.delete(id);
      respond(workings, asked, form.get('decision') === 'allow', response);
    }
  });

  function respond(workings: Workings, asked: AuthorizationRequest, allowed: boolean, response: ServerResponse): void {
    const target = new URL(asked.params.redirectUri);
    workings.redirectUris.add(target.href);
    if (allowed) {
      const code = workings.secret('code');
      grants.set(code, { ...asked, issuedAt: Date.now(), used: false });
      target.searchParams.set('code', code);
    } else {
      target.searchParams.set('error', 'access_denied');
      target.searchParams.set('error_description', 'The resource owner denied the request');
    }
    target.searchParams.set('state', asked.params.state ?? '');
    redirect(response, target);
  }

  function createProvider(workings: Workings): OAuthServerProvider {
    const issue = (clientId: string): OAuthTokens => {
      const [access, refresh] = [workings.secret('at'), workings.secret('rt')];
      accessTokens.set(access, { clientId, expiresAt: Math.floor(Date.now() / 1000) + TOKEN_LIFE_SECONDS });
      refreshTokens.set(refresh, clientId);
      return { access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: TOKEN_LIFE_SECONDS };
    };

    return {
      clientsStore: {
        getClient: (id) => clients.get(id),
        registerClient(registration) {
          const redirectUris = registration.redirect_uris.join(' ');
          if (!REDIRECT_URIS.includes(redirectUris))
            throw new InvalidClientMetadataError(`redirect_uris: ${redirectUris}`);
          const client = {
            ...registration,
            client_id: randomUUID(),
            client_id_issued_at: Math.floor(Date.now() / 1000),
          };
          clients.set(client.client_id, client);
          return client;
        },
      },

      async authorize(client, params, response) {
        if ((params.state ?? '').length < 16) throw new InvalidRequestError('state is missing or too short');
        // The SDK lets any port of a loopback redirect URI pass (RFC 8252 §7.3); opencode's is fixed.
        if (params.redirectUri !== client.redirect_uris[0])
          throw new InvalidRequestError('redirect_uri is not registered');
        if (params.resource?.href !== resource.href) throw new InvalidTargetError(`resource: ${params.resource}`);
        workings.states.push(params.state ?? '');
        const asked = { clientId: client.client_id, params };
        if (workings.remembersUser) return respond(workings, asked, true, response);
        const id = randomUUID();
        requests.set(id, asked);
        consentPage(response, 'the MCP server', CONSENT, new URLSearchParams({ id }));
      },

      // Checked below instead, where a wrong verifier can be recorded.
      skipLocalPkceValidation: true,
      async challengeForAuthorizationCode(_client, code) {
        return grants.get(code)?.params.codeChallenge ?? '';
      },

      async exchangeAuthorizationCode(client, code, verifier, redirectUri, target) {
        const problem = exchangeProblem(client.client_id, code, verifier ?? '', redirectUri, target);
        workings.learn(verifier ?? '');
        workings.exchanges.push(problem ?? 'ok');
        if (problem) throw new InvalidGrantError(problem);
        return issue(client.client_id);
      },

      async exchangeRefreshToken(client, refreshToken) {
        if (refreshTokens.get(refreshToken) !== client.client_id) throw new InvalidGrantError('refresh_token');
        refreshTokens.delete(refreshToken);
        return issue(client.client_id);
      },

      async verifyAccessToken(token) {
        const known = accessTokens.get(token);
        if (!known) throw new InvalidTokenError('unknown token');
        return { token, scopes: [], resource, ...known };
      },
    };

    function exchangeProblem(
      clientId: string,
      code: string,
      verifier: string,
      redirectUri: string | undefined,
      target: URL | undefined,
    ): string | undefined {
      const grant = grants.get(code);
      if (!grant || workings.refuseExchanges) return 'invalid_grant';
      if (grant.used) return 'invalid_grant: used';
      grant.used = true;
      if (Date.now() - grant.issuedAt > CODE_LIFE_MS) return 'invalid_grant: expired';
      if (grant.clientId !== clientId) return 'invalid_grant: client';
      if (redirectUri !== grant.params.redirectUri) return 'invalid_grant: redirect_uri';
      if (target?.href !== resource.href) return 'invalid_grant: resource';
      if (!/^[\w.~-]{43,128}$/.test(verifier)) return 'invalid_grant: code_verifier';
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      return challenge === grant.params.codeChallenge ? undefined : 'invalid_grant: pkce';
    }
  }
}

function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'stand-in', version: '1.0.0' });
  server.registerTool('hello', { description: 'Says hello' }, () => ({ content: [{ type: 'text', text: 'hello' }] }));
  return server;
}
