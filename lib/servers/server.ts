import * as z from 'zod/mini';
import { parseCallbackTemplate } from './callbackTemplate';
import { ServerUrl } from './serverUrl';

const LONGEST_NAME = 100;

const members = {
  url: ServerUrl,
  /** What the user calls it. */
  name: z.optional(z.string().check(z.refine(({ length }) => length > 0 && length <= LONGEST_NAME))),
  /** Where its listener is published; without one, the server itself brings responses there. See callbackUrlRoute.ts. */
  callbackTemplate: z.optional(z.string()),
};
export const Server = z.object(members).check(z.refine(hasValidTemplate));
export type Server = z.infer<typeof Server>;
/** As somebody writes it by hand: a member that is none may be a typing error, and the server is not what was meant. */
export const StrictServer = z.strictObject(members).check(z.refine(hasValidTemplate));

function hasValidTemplate(server: { url: ServerUrl; callbackTemplate?: string | undefined }): boolean {
  return !server.callbackTemplate || 'template' in parseCallbackTemplate(server.callbackTemplate, server.url);
}

/** HTTP Basic credentials that the user stored for a server (`OPENCODE_SERVER_USERNAME` and `OPENCODE_SERVER_PASSWORD`). */
export const Credentials = z.object({ username: z.string(), password: z.string() });
export type Credentials = z.infer<typeof Credentials>;
