/**
 * Schemas for what comes from outside: answers, stored values, files, policies. The browser reads the worker's whole script
 * each time it wakes the worker up, and zod/mini alone was more than half of what it may be (docs/performance.md); these
 * few read the same values as zod's of the same names (schema.test.ts compares them).
 */

/**
 * What is wrong, by the names and places that lead there. Not an `Error`: the stack that one takes along costs more than the
 * reading, and most are caught by `union` at once.
 */
export class Mismatch {
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[]) {
    this.path = path;
  }

  get message(): string {
    return this.path.join('.') || 'not what the schema describes';
  }
}

/** Reads a value: answers it as the type says, or throws a `Mismatch`. */
export type Schema<T> = (value: unknown) => T;
export type Infer<S> = S extends Schema<infer T> ? T : never;

/** @returns undefined when the value is not what the schema describes */
export function read<T>(schema: Schema<T>, value: unknown): T | undefined {
  return safeRead(schema, value).data;
}

/** @returns the value, or where it is not what the schema describes */
export function safeRead<T>(schema: Schema<T>, value: unknown): { data?: T; mismatch?: Mismatch } {
  try {
    return { data: schema(value) };
  } catch (error) {
    if (error instanceof Mismatch) return { mismatch: error };
    throw error;
  }
}

export function custom<T>(isOne: (value: unknown) => boolean): Schema<T> {
  return (value) => {
    if (!isOne(value)) throw new Mismatch([]);
    return value as T;
  };
}

export const unknown = custom<unknown>(() => true);
export const string = custom<string>((value) => typeof value === 'string');
export const number = custom<number>(Number.isFinite);
export const boolean = custom<boolean>((value) => typeof value === 'boolean');
const members = custom<Record<string, unknown>>((value) => Object.prototype.toString.call(value) === '[object Object]');
const items = custom<unknown[]>(Array.isArray);

export function oneOf<const T>(...values: readonly T[]): Schema<T> {
  return custom((value) => values.includes(value as T));
}

export function refine<T>(schema: Schema<T>, isRight: (value: T) => boolean): Schema<T> {
  return (value) => {
    const data = schema(value);
    if (!isRight(data)) throw new Mismatch([]);
    return data;
  };
}

/** What need not be there; a member that is not is left out, unless there is something to take its place. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined>;
export function optional<T>(schema: Schema<T>, instead: T): Schema<T>;
export function optional<T>(schema: Schema<T>, instead?: T): Schema<T | undefined> {
  return (value) => (value === undefined ? instead : schema(value));
}

export function array<T>(item: Schema<T>): Schema<T[]> {
  return (value) => items(value).map((one, index) => at(index, item, one));
}

export function record<T>(item: Schema<T>): Schema<Record<string, T>> {
  return (value) => {
    // As zod does: nothing is called `__proto__` that anybody should rely on.
    const named = Object.entries(members(value)).filter(([name]) => name !== '__proto__');
    return Object.fromEntries(named.map(([name, one]) => [name, at(name, item, one)]));
  };
}

type Shape = Record<string, Schema<unknown>>;
type OptionalNames<S> = { [K in keyof S]: undefined extends Infer<S[K]> ? K : never }[keyof S];
type Members<S> = { [K in Exclude<keyof S, OptionalNames<S>>]: Infer<S[K]> } & {
  [K in OptionalNames<S>]?: Infer<S[K]>;
};
type Flat<T> = { [K in keyof T]: T[K] };

/** An object with these members; others are left out. */
export function object<S extends Shape>(shape: S): Schema<Flat<Members<S>>> {
  return (value) => {
    const given = members(value);
    const known = Object.entries(shape).map(([name, schema]) => [name, at(name, schema, given[name])]);
    return Object.fromEntries(known.filter(([, data]) => data !== undefined));
  };
}

/** An object with these members, and no others. */
export function strictObject<S extends Shape>(shape: S): Schema<Flat<Members<S>>> {
  const known = object(shape);
  return (value) => {
    const stranger = Object.keys(members(value)).find((name) => !Object.hasOwn(shape, name));
    if (stranger !== undefined) throw new Mismatch([stranger]);
    return known(value);
  };
}

export function union<const S extends readonly Schema<unknown>[]>(...schemas: S): Schema<Infer<S[number]>> {
  return (value) => {
    for (const schema of schemas) {
      const { data, mismatch } = safeRead(schema, value);
      if (!mismatch) return data as Infer<S[number]>;
    }
    throw new Mismatch([]);
  };
}

function at<T>(place: string | number, schema: Schema<T>, value: unknown): T {
  const { data, mismatch } = safeRead(schema, value);
  if (mismatch) throw new Mismatch([place, ...mismatch.path]);
  return data as T;
}
