/** A display of its own for a browser with a window, and a keyboard for what no driver reaches: the browser's own prompts. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Display {
  env: { DISPLAY: string };
  /** Presses keys, by their X names, in the window that has the focus. */
  press(...keys: string[]): void;
  /** Presses a key until the screen shows that it was taken: a prompt that is still new takes none. */
  pressUntilTaken(key: string): Promise<void>;
  /** The mean of all the screen's bytes, 0 to 255, once it has come to rest. The browser dims its window behind a prompt. */
  brightness(): Promise<number>;
  close(): Promise<void>;
}

/** Starts Xvfb, with xdotool to type. @throws when they are not installed */
export async function startDisplay(): Promise<Display> {
  const frameBuffer = mkdtempSync(join(tmpdir(), 'courier-display-'));
  const options = ['-displayfd', '3', '-screen', '0', '1280x960x24', '-nolisten', 'tcp', '-fbdir', frameBuffer];
  const xvfb = spawn('Xvfb', options, {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const number = xvfb.stdio[3];
  if (!number) throw new Error('no pipe for the display number');
  const [chunk] = await Promise.race([
    once(number, 'data'),
    once(xvfb, 'error').then(([error]) => Promise.reject(error)),
  ]);
  const env = { DISPLAY: `:${String(chunk).trim()}` };
  const screen = join(frameBuffer, 'Xvfb_screen0');
  const press = (...keys: string[]) => {
    execFileSync('xdotool', ['key', '--delay', '100', ...keys], { env: { ...process.env, ...env } });
  };
  return {
    env,
    press,
    async pressUntilTaken(key) {
      const before = await pictureAtRest(screen);
      do press(key);
      while (before.equals(await pictureAtRest(screen)));
    },
    async brightness() {
      const picture = await pictureAtRest(screen);
      return picture.reduce((sum, byte) => sum + byte, 0) / picture.length;
    },
    async close() {
      xvfb.kill();
      await once(xvfb, 'exit');
      rmSync(frameBuffer, { recursive: true, force: true });
    },
  };
}

/** What the screen shows, once it has not changed for a while. */
async function pictureAtRest(path: string): Promise<Buffer> {
  let [now, atRest] = [readFileSync(path), 0];
  while (atRest < 3) {
    await setTimeout(50);
    const next = readFileSync(path);
    [now, atRest] = [next, next.equals(now) ? atRest + 1 : 0];
  }
  return now;
}
