import * as z from 'zod/mini';
import { pathOf, takenBy } from '../methods/capabilities';
import { jsonAs } from '../opencode/channel';
import type { Origin } from './origin';
import { conclude, methodOf, OUTCOME_TIMEOUT_MS, refused, wordOf } from './outcome';
import { completed, failed, type Route } from './route';

const Status = z.object({ status: z.string() });

/** The callback endpoint takes the code itself; its state was compared. Its answer is the outcome. */
export function codeRoute(origin: Origin): Route {
  return {
    kind: 'code',
    async send(response) {
      if (response.kind !== 'code') return refused(response);
      const { session, target, directory } = origin;
      const takes = takenBy(target);
      const answer = await session.channel.send({
        method: 'POST',
        path: `${pathOf(target)}/callback`,
        directory,
        body: { method: methodOf(target), code: takes === 'url' ? response.callbackUrl : response.code },
        timeout: OUTCOME_TIMEOUT_MS,
      });
      if (answer.kind === 'failed' && answer.reason === 'not-sent')
        return failed({ name: 'server-unreachable' }, 'send');
      const status = jsonAs(Status, answer)?.status;
      if (status !== undefined) return status === 'connected' ? completed : refused(response);
      const word = wordOf(answer);
      // An MCP server's endpoint says so when it has been connected meanwhile.
      return conclude(origin, response, !takes && word === 'refused' ? 'nobody' : word);
    },
  };
}
