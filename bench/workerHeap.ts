import type { BrowserContext } from '@playwright/test';

/** How much of the worker's heap is in use after a garbage collection, in bytes. */
export async function workerHeap(context: BrowserContext): Promise<number> {
  const session = await context.browser()?.newBrowserCDPSession();
  if (!session) throw new Error('this browser cannot be debugged');
  const { targetInfos } = await session.send('Target.getTargets');
  const worker = targetInfos.find(({ type, url }) => type === 'service_worker' && url.startsWith('chrome-extension:'));
  if (!worker) throw new Error('no worker is running');
  const { sessionId } = await session.send('Target.attachToTarget', { targetId: worker.targetId });

  const send = async (id: number, method: string): Promise<unknown> => {
    const answered = new Promise<unknown>((resolve) => {
      const listener = ({ message }: { message: string }) => {
        const answer = JSON.parse(message) as { id?: number; result?: unknown };
        if (answer.id !== id) return;
        session.off('Target.receivedMessageFromTarget', listener);
        resolve(answer.result);
      };
      session.on('Target.receivedMessageFromTarget', listener);
    });
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    return answered;
  };
  await send(1, 'HeapProfiler.collectGarbage');
  const { usedSize } = (await send(2, 'Runtime.getHeapUsage')) as { usedSize: number };
  await session.detach();
  return usedSize;
}
