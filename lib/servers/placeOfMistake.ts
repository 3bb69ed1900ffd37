import type * as z from 'zod/mini';

/** The place of the first mistake that a schema has found, as the names and indexes that lead there: `servers.0.url`. */
export function placeOfMistake({ issues: [first] }: z.core.$ZodError): string {
  const stranger = first?.code === 'unrecognized_keys' ? first.keys.slice(0, 1) : [];
  return [...(first?.path ?? []), ...stranger].join('.');
}
