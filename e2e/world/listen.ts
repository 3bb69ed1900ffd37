import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/**
 * For how long a provider keeps a connection that is idle. Node's six seconds are as long as a test takes: opencode, which uses its
 * connection again (measured, 1.18.33: until 5.93 s), would ask for tokens at the moment at which it is closed.
 */
export const KEEP_ALIVE_MS = 10 * 60_000;

/** Starts a server and answers the port it listens on. */
export async function listen(server: Server, port: number, address: string): Promise<number> {
  server.listen(port, address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
