/**
 * A sign-in plugin of the tests' own, by opencode's contract with plugins, for what no plugin from npm does: its login is the
 * second of the provider's methods, its state is base64 of 2,048 characters with `+`, `/` and `=`, and it takes the whole
 * callback URL alone. What is pasted otherwise it refuses, and asks nobody about it.
 */
import { createHash, randomBytes } from 'node:crypto';

const client = { client_id: 'courier-test', redirect_uri: 'http://localhost:40123/a/b;c/callback' };

export const OwnPlugin = async () => ({
  auth: {
    provider: 'google',
    methods: [
      { type: 'api', label: 'Key' },
      { type: 'oauth', label: 'Paste the URL', authorize },
    ],
  },
});

async function authorize() {
  const verifier = randomBytes(48).toString('base64url');
  const state = `${randomBytes(1_534).toString('base64').slice(0, 2_043)}+/x==`;
  const url = new URL('https://accounts.google.com/o/oauth2/v2/auth');
  url.search = String(
    new URLSearchParams({
      ...client,
      response_type: 'code',
      scope: 'email',
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }),
  );
  return { url: url.href, instructions: 'Paste the full callback URL here.', method: 'code', callback };

  async function callback(pasted) {
    const query = URL.canParse(pasted) ? new URL(pasted).searchParams : undefined;
    if (query?.get('state') !== state) return { type: 'failed' };
    const answer = await fetch('https://oauth2.googleapis.com/token', {
      method: 'POST',
      body: new URLSearchParams({
        ...client,
        grant_type: 'authorization_code',
        code: query.get('code') ?? '',
        code_verifier: verifier,
      }),
    });
    if (!answer.ok) return { type: 'failed' };
    const { access_token: access, refresh_token: refresh } = await answer.json();
    return { type: 'success', access, refresh, expires: Date.now() + 3_600_000 };
  }
}
