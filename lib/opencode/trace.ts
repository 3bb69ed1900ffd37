import type { Channel } from './channel';

/** More than any delivery makes; a server decides how often some of it is asked. */
const MOST_LINES = 60;

/** Writes down that something happened now, unless it is what happened last. */
export function note(trace: string[], what: string): void {
  if (trace.length < MOST_LINES && !trace.at(-1)?.endsWith(what)) trace.push(`${Date.now()} ${what}`);
}

/**
 * A channel that writes down what is asked through it: how, of which API, and the status of the answer, for a report by the
 * user. Of a path it is only the first word: what follows may hold a name, or, with a callback URL, a code.
 */
export function traced(channel: Channel, trace: string[]): Channel {
  return {
    get kind() {
      return channel.kind;
    },
    async send(request) {
      const answer = await channel.send(request);
      const how = answer.kind === 'answered' ? answer.status : answer.kind === 'failed' ? answer.reason : answer.kind;
      note(trace, `${channel.kind} ${request.method} ${/\w*/.exec(request.path.slice(1))} ${how}`);
      return answer;
    },
  };
}
