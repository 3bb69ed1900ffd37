import { pause } from '../browser/pause';

/**
 * What the background answers, if it does in time: whatever hangs, the page goes on.
 * @returns undefined when the answer did not come, or when the background was ended meanwhile
 */
export function inTime<T>(answer: Promise<T>, seconds: number): Promise<T | undefined> {
  return Promise.race([answer.catch(() => undefined), pause(seconds * 1_000).then(() => undefined)]);
}
