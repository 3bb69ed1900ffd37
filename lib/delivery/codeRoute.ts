import * as z from 'zod/mini';
import { pathOf } from '../methods/capabilities';
import { jsonOf, refusalOf } from '../opencode/channel';
import type { Origin } from './origin';
import { conclude, OUTCOME_TIMEOUT_MS, refused } from './outcome';
import { completed, failed, type Route } from './route';

const Status = z.object({ status: z.string() });

/** The callback endpoint takes the code itself; its state was compared. Its answer is the outcome. */
export function codeRoute(origin: Origin): Route {
  return {
    kind: 'code',
    async send(response) {
      if (response.kind !== 'code') return refused(response);
      const answer = await origin.session.channel.send({
        method: 'POST',
        path: `${pathOf(origin.target)}/callback`,
        directory: origin.directory,
        body: { code: response.code },
        timeout: OUTCOME_TIMEOUT_MS,
      });
      if (answer.kind === 'failed' && answer.reason === 'not-sent')
        return failed({ name: 'server-unreachable' }, 'send');
      const status = Status.safeParse(jsonOf(answer)).data?.status;
      if (status !== undefined) return status === 'connected' ? completed : refused(response);
      return conclude(origin, response, refusalOf(answer) ? 'nobody' : 'unclear');
    },
  };
}
