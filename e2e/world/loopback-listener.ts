/**
 * A program on an opencode server's own machine that listens on its loopback, as opencode's listeners do. It tells what it
 * is asked, and the test decides what becomes of it: see loopback-program.ts for the half that runs over there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface LoopbackRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * What becomes of a request: a status without a body, or whatever another port of the same machine answers; with
 * `andClose` connections are refused from before that answer on.
 */
export type Decision = { status: number } | { forwardTo: number; andClose?: boolean };

export interface LoopbackListener {
  /** Every request so far. */
  requests: LoopbackRequest[];
  /** When set, asked about every request; all else is answered 404. */
  decide: ((request: LoopbackRequest) => Decision | Promise<Decision>) | undefined;
  /** Refuses connections from now on. */
  close(): Promise<void>;
  /** Listens again. */
  open(): Promise<void>;
}

/** What the two halves say to each other. */
export type ToProgram = { open: number } | { close: number } | { answer: number; decision: Decision };
export type FromProgram =
  | { opened: number }
  | { taken: number }
  | { closed: number }
  | { asked: number; port: number; request: LoopbackRequest };

/** The loopback of one server's machine. Its program starts with the first listener. */
export interface Loopback {
  /** Listens on a port, on both spellings of the loopback; undefined when another program does already. */
  listen(port: number): Promise<LoopbackListener | undefined>;
  stop(): Promise<void>;
}

/** @param command what to put in front of a command to run it on the server's machine */
export function createLoopback(command: string[]): Loopback {
  let program: ChildProcess | undefined;
  const listeners = new Map<number, LoopbackListener>();
  const waiting = new Map<number, (isOpen: boolean) => void>();

  return {
    async listen(port) {
      program ??= start();
      const listener: LoopbackListener = {
        requests: [],
        decide: undefined,
        close: async () => void (await ask({ close: port }, port)),
        open: async () => void (await ask({ open: port }, port)),
      };
      if (!(await ask({ open: port }, port))) return undefined;
      listeners.set(port, listener);
      return listener;
    },
    async stop() {
      // One that was killed has no exit code.
      if (!program || program.exitCode !== null || program.signalCode !== null) return;
      const exited = once(program, 'exit');
      program.kill('SIGKILL');
      await exited;
    },
  };

  function start(): ChildProcess {
    const script = fileURLToPath(new URL('./loopback-program.ts', import.meta.url));
    const [first = '', ...args] = [...command, process.execPath, script];
    const child = spawn(first, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message: FromProgram) => {
      if ('asked' in message) void decide(child, message);
      else if ('opened' in message) waiting.get(message.opened)?.(true);
      else if ('taken' in message) waiting.get(message.taken)?.(false);
      else waiting.get(message.closed)?.(true);
    });
    return child;
  }

  function ask(message: ToProgram, port: number): Promise<boolean> {
    return new Promise((resolve) => {
      waiting.set(port, resolve);
      program?.send(message);
    });
  }

  async function decide(
    child: ChildProcess,
    { asked, port, request }: Extract<FromProgram, { asked: number }>,
  ): Promise<void> {
    const listener = listeners.get(port);
    listener?.requests.push(request);
    const decision = (await listener?.decide?.(request)) ?? { status: 404 };
    child.send({ answer: asked, decision } satisfies ToProgram);
  }
}
