import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Starts a server and answers the port it listens on. */
export async function listen(server: Server, port: number, address: string): Promise<number> {
  server.listen(port, address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
