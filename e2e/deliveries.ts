import type { RemoteServer } from './world/world.ts';

/** The orders by which opencode was given a response for its listener: into a terminal, or for its MCP client. */
export function deliveries({ reverseProxy }: RemoteServer): string[] {
  return reverseProxy.orders.filter((body) => /[?&](code|error)=|access_token|\\"error/.test(body));
}
