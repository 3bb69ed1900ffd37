import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as zod from 'zod/mini';
import * as own from './schema';

/** The same schema in zod's words and in ours. */
const schemas = {
  unknown: [zod.unknown(), own.unknown],
  string: [zod.string(), own.string],
  number: [zod.number(), own.number],
  boolean: [zod.boolean(), own.boolean],
  literal: [zod.literal('a'), own.oneOf('a')],
  enum: [zod.enum(['a', 'b']), own.oneOf('a', 'b')],
  custom: [zod.custom((value) => value === ''), own.custom((value) => value === '')],
  refine: [zod.string().check(zod.minLength(1)), own.refine(own.string, ({ length }) => length >= 1)],
  array: [zod.array(zod.string()), own.array(own.string)],
  record: [zod.record(zod.string(), zod.number()), own.record(own.number)],
  object: [
    zod.object({ a: zod.string(), b: zod.optional(zod.number()) }),
    own.object({ a: own.string, b: own.optional(own.number) }),
  ],
  strictObject: [
    zod.strictObject({ a: zod._default(zod.string(), 'none') }),
    own.strictObject({ a: own.optional(own.string, 'none') }),
  ],
  union: [
    zod.union([zod.object({ a: zod.literal('a'), b: zod.number() }), zod.array(zod.unknown()), zod.string()]),
    own.union(own.object({ a: own.oneOf('a'), b: own.number }), own.array(own.unknown), own.string),
  ],
} satisfies Record<string, [zod.ZodMiniType, own.Schema<unknown>]>;

/** Values of every kind, many of which have the names and the values that the schemas ask for. */
const key = fc.constantFrom('a', 'b', 'c', 'toString', '__proto__');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('a', 'b', '', 0, 1, -1.5, true, false, null, undefined, Number.NaN, Number.POSITIVE_INFINITY),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe('a schema of ours', () => {
  for (const [name, [theirs, ours]] of Object.entries(schemas)) {
    it(`reads as zod does: ${name}`, () => {
      fc.assert(
        fc.property(value, (given) => {
          const expected = theirs.safeParse(given);
          const { data, mismatch } = own.safeRead<unknown>(ours, given);
          expect(mismatch === undefined).toBe(expected.success);
          expect(data).toEqual(expected.data);
        }),
        { numRuns: 2_000 },
      );
    });
  }

  it('names the place of what is wrong', () => {
    const schema = own.object({ a: own.array(own.strictObject({ b: own.string })) });
    expect(own.safeRead(schema, { a: [{ b: 'b' }, { b: 1 }] }).mismatch?.message).toBe('a.1.b');
    expect(own.safeRead(schema, { a: [{ b: 'b', c: 1 }] }).mismatch?.message).toBe('a.0.c');
  });
});
