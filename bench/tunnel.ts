/** What people use instead, at its best: port 1455 of the user's machine leads straight to the listener, as by `ssh -L`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { RemoteServer } from '../e2e/world/world.ts';

const LISTENER = 1455;
/** Where the tunnel comes out on the server's machine. */
const EXIT = 1456;

/** @returns its near end, and how to close it again */
export async function digTunnel({ opencode }: RemoteServer): Promise<{ near: Server; close(): Promise<void> }> {
  const { hostname } = new URL(opencode.url);
  const [program = '', ...args] = [...opencode.command, process.execPath, '--eval', exit(hostname)];
  const far = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(far.stdout, 'data');
  const sockets = new Set<Socket>();
  const near = createServer((socket) => {
    const onwards = connect(EXIT, hostname);
    for (const [from, to] of [
      [socket, onwards],
      [onwards, socket],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  near.listen(LISTENER, '127.0.0.1');
  await once(near, 'listening');
  return {
    near,
    async close() {
      near.close();
      for (const socket of sockets) socket.destroy();
      const ended = once(far, 'exit');
      far.kill('SIGKILL');
      await ended;
    },
  };
}

/** The program at its other end. */
function exit(address: string): string {
  return `const { connect, createServer } = require('node:net');
    createServer((socket) => {
      const onwards = connect(${LISTENER}, '127.0.0.1');
      socket.on('error', () => onwards.destroy());
      onwards.on('error', () => socket.destroy());
      socket.pipe(onwards).pipe(socket);
    }).listen(${EXIT}, '${address}', () => console.log('open'));`;
}
