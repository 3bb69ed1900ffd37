/** What the files of `docs/deploy` are tried with: which proxy stands in front of opencode, and who asks for the login. */
import { writeFileSync } from 'node:fs';
import { test as base } from '../fixtures.ts';
import { namespaceRun } from '../world/namespaces.ts';
import { createRealProxies, type Gateway, type Login, type RealProxies } from '../world/real-proxy.ts';
import type { RemoteServer, World } from '../world/world.ts';

export const host = 'opencode.example.com';
export const password = 'correct-horse';

export const test = base.extend<{ proxies: RealProxies }>({
  proxies: async ({ world }, use, testInfo) => {
    if (!namespaceRun) throw new Error('the proxies need the ports that the documents name, on a machine of their own');
    const proxies = createRealProxies(world);
    await use(proxies);
    if (testInfo.status !== testInfo.expectedStatus) writeFileSync(testInfo.outputPath('proxy.log'), proxies.log());
    await proxies.close();
  },
});

export const arrangements = [
  { proxy: 'nginx', login: 'password' },
  { proxy: 'nginx', login: 'basic' },
  { proxy: 'nginx', login: 'sso' },
  { proxy: 'caddy', login: 'password' },
  { proxy: 'caddy', login: 'sso' },
] as const satisfies { proxy: keyof RealProxies; login: Login }[];
export type Arrangement = (typeof arrangements)[number];

export const names: Record<Login, string> = {
  password: "opencode's own password",
  basic: "the proxy's Basic auth",
  sso: 'a forward-auth gateway',
};

interface Arranged {
  server: RemoteServer;
  gateway: Gateway | undefined;
}

export async function arrange(
  world: World,
  proxies: RealProxies,
  { proxy: kind, login }: Arrangement,
): Promise<Arranged> {
  const added = await world.addServer(host, login === 'password' ? { password } : {});
  // With `basic` it is the proxy that asks the browser for it.
  const server = login === 'sso' ? added : { ...added, password };
  const gateway = login === 'sso' ? await proxies.gateway(server) : undefined;
  if (kind === 'nginx') await proxies.nginx(server, login, gateway);
  else await proxies.caddy(server, login, gateway);
  return { server, gateway };
}
