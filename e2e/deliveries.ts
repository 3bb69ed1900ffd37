import type { RemoteServer } from './world/world.ts';

/** The calls by which opencode took a code for its listener: into a terminal, or for its MCP client. */
export function deliveries(server: RemoteServer): string[] {
  return calls(server, /^POST \/(api\/)?pty 2/);
}

/** The calls by which opencode was asked to take a code for its listener, whether it did or not. */
export function attemptsToDeliver(server: RemoteServer): string[] {
  return calls(server, /^POST \/(api\/)?pty /);
}

function calls({ reverseProxy }: RemoteServer, terminal: RegExp): string[] {
  const { accessLog, mcpCalls } = reverseProxy;
  const responses = mcpCalls.filter((body) => /[?&](code|error|access_token)=/.test(body));
  return [...accessLog.filter((line) => terminal.test(line)), ...responses];
}
