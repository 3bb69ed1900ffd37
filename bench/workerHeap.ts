import type { BrowserContext } from '@playwright/test';

/** What is in use of the worker's heap after a garbage collection, in bytes. */
export interface WorkerHeap {
  used: number;
  /** The part that is machine code and what it was optimized by: V8 compiles whatever runs often, and keeps it. */
  code: number;
}

/** The parts of V8's heap snapshot that are read here. */
interface HeapSnapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[]] } };
  nodes: number[];
}

interface Message {
  id?: number;
  result?: unknown;
  method?: string;
  params?: { chunk: string };
}

export async function workerHeap(context: BrowserContext): Promise<WorkerHeap> {
  const session = await context.browser()?.newBrowserCDPSession();
  if (!session) throw new Error('this browser cannot be debugged');
  const { targetInfos } = await session.send('Target.getTargets');
  const worker = targetInfos.find(({ type, url }) => type === 'service_worker' && url.startsWith('chrome-extension:'));
  if (!worker) throw new Error('no worker is running');
  const { sessionId } = await session.send('Target.attachToTarget', { targetId: worker.targetId });

  const answers = new Map<number, (result: unknown) => void>();
  let snapshot = '';
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result, method, params } = JSON.parse(message) as Message;
    if (id !== undefined) answers.get(id)?.(result);
    if (method === 'HeapProfiler.addHeapSnapshotChunk') snapshot += params?.chunk;
  });
  const send = async (method: string): Promise<unknown> => {
    const id = answers.size + 1;
    const answered = new Promise<unknown>((resolve) => answers.set(id, resolve));
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    return answered;
  };
  await send('HeapProfiler.collectGarbage');
  const { usedSize } = (await send('Runtime.getHeapUsage')) as { usedSize: number };
  await send('HeapProfiler.takeHeapSnapshot');
  await session.detach();
  return { used: usedSize, code: sizeOfCode(JSON.parse(snapshot) as HeapSnapshot) };
}

function sizeOfCode({ snapshot: { meta }, nodes }: HeapSnapshot): number {
  const { node_fields: fields, node_types: types } = meta;
  const [type, size] = [fields.indexOf('type'), fields.indexOf('self_size')];
  const code = types[0].indexOf('code');
  let total = 0;
  for (let node = 0; node < nodes.length; node += fields.length) {
    if (nodes[node + type] === code) total += nodes[node + size] ?? 0;
  }
  return total;
}
