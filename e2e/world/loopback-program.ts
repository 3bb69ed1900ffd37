/** The half of loopback-listener.ts that runs on the server's machine, and does what it is told over the pipe between them. */
import { once } from 'node:events';
import { createServer, request as requestOf, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Decision, FromProgram, LoopbackRequest, ToProgram } from './loopback-listener.ts';

const servers = new Map<number, Server[]>();
const held = new Map<number, { port: number; request: LoopbackRequest; response: ServerResponse }>();
let asked = 0;

process.on('message', (message: ToProgram) => {
  if ('open' in message) void open(message.open);
  else if ('close' in message) {
    refuse(message.close);
    tell({ closed: message.close });
  } else answer(message.answer, message.decision);
});

async function open(port: number): Promise<void> {
  const opened: Server[] = [];
  try {
    for (const address of ['127.0.0.1', '::1']) opened.push(await listenOn(port, address));
    servers.set(port, opened);
    tell({ opened: port });
  } catch {
    for (const server of opened) server.close();
    tell({ taken: port });
  }
}

async function listenOn(port: number, address: string): Promise<Server> {
  const server = createServer(async (incoming, response) => {
    const { method = '', url: path = '' } = incoming;
    const headers = incoming.headers as Record<string, string>;
    // Each request on a connection of its own: one that is kept would outlive `refuse`.
    response.setHeader('connection', 'close');
    const request = { method, path, headers, body: await text(incoming) };
    asked += 1;
    held.set(asked, { port, request, response });
    tell({ asked, port, request });
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

function refuse(port: number): void {
  for (const server of servers.get(port) ?? []) server.close();
  servers.delete(port);
}

function answer(id: number, decision: Decision): void {
  const { port, request, response } = held.get(id) ?? {};
  held.delete(id);
  if (port === undefined || !request || !response) return;
  if ('status' in decision) {
    response.writeHead(decision.status).end();
    return;
  }
  const { method, path, headers, body } = request;
  const onward = requestOf({ host: 'localhost', port: decision.forwardTo, method, path, headers }, (upstream) => {
    if (decision.andClose) refuse(port);
    response.writeHead(upstream.statusCode ?? 502, { ...upstream.headers, connection: 'close' });
    upstream.pipe(response);
  });
  // Who refuses the connection there refuses it here.
  onward.on('error', () => response.destroy());
  onward.end(body);
}

function tell(message: FromProgram): void {
  process.send?.(message);
}
