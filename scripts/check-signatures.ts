/**
 * `npm audit signatures`: that the registry signed every installed package. It needs the registry's keys from the internet.
 * Where it cannot get them this says what was not checked, and with `--required`, as in the workflows, it fails.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

interface Report {
  invalid?: { name: string; version: string }[];
  missing?: { name: string; version: string }[];
  error?: { code: string; summary: string };
}

/** The keys are out of reach, or the registry has none: not a word about the packages. */
const CANNOT_CHECK =
  /^(E[A-Z_]*(NOTFOUND|AGAIN|CONNREFUSED|CONNRESET|TIMEDOUT|TIMEOUT)|found no dependencies to audit)/;

const { values: options } = parseArgs({ options: { required: { type: 'boolean', default: false } } });

const command = ['audit', 'signatures', '--json', '--fetch-retries=0', '--fetch-timeout=10000'];
const { stdout, stderr } = spawnSync('npm', command);
const { invalid = [], missing = [], error } = JSON.parse(stdout.toString() || 'null') as Report;
const unsigned = [...invalid, ...missing].map(({ name, version }) => `${name}@${version}`);

if (!error) {
  for (const name of unsigned) console.error(`${name}: no valid signature of the registry`);
  console.log(`signatures: ${unsigned.length === 0 ? 'every package is signed by the registry' : 'not all are valid'}`);
} else {
  console.error(`signatures: NOT CHECKED, for no package. ${error.summary || stderr}`);
}
const isFailure = error ? options.required || !CANNOT_CHECK.test(error.code || error.summary) : unsigned.length > 0;
process.exitCode = isFailure ? 1 : 0;
