import * as z from 'zod/mini';
import { parseJson } from '../browser/parseJson';
import { placeOfMistake } from './placeOfMistake';
import { type Server, StrictServer } from './server';

/** Far more than the servers that synced storage has room for. */
const LONGEST_FILE = 1_000_000;

/** Strict: a file with a mistake in it is refused as a whole. Passwords are in no file. */
const SettingsFile = z.strictObject({
  format: z.literal('callback-courier'),
  version: z.literal(1),
  servers: z.array(StrictServer),
});

/** Why a file cannot be imported. */
export type FileProblem = { name: 'not-settings' | 'newer-version' | 'malformed'; detail?: string | undefined };

/** The user's servers as a file's text. */
export function writeSettings(servers: readonly Server[]): string {
  const plain = servers.map(({ url, name, callbackTemplate }) => ({ url, name, callbackTemplate }));
  return `${JSON.stringify({ format: 'callback-courier', version: 1, servers: plain }, null, 2)}\n`;
}

/** Reads a file that `writeSettings` made, here or on another device. */
export function readSettings(text: string): { servers: Server[] } | { problem: FileProblem } {
  const content = text.length > LONGEST_FILE ? undefined : parseJson(text);
  const marked = z.object({ format: z.literal('callback-courier'), version: z.number() }).safeParse(content).data;
  if (!marked) return { problem: { name: 'not-settings' } };
  if (marked.version > 1) return { problem: { name: 'newer-version' } };
  const { data, error } = SettingsFile.safeParse(content);
  return data ? { servers: data.servers } : { problem: { name: 'malformed', detail: placeOfMistake(error) } };
}
