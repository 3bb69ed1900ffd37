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

const { values: options } = parseArgs({ options: { required: { type: 'boolean', default: false } } });

const command = ['audit', 'signatures', '--json', '--fetch-retries=0', '--fetch-timeout=10000'];
const { stdout, stderr } = spawnSync('npm', command);
const { invalid = [], missing = [], error } = reportOf(stdout.toString());
const unsigned = [...invalid, ...missing].map(({ name, version }) => `${name}@${version}`);

if (!error) {
  for (const name of unsigned) console.error(`${name}: no valid signature of the registry`);
  console.log(`signatures: ${unsigned.length === 0 ? 'every package is signed by the registry' : 'not all are valid'}`);
} else {
  console.error(`signatures: NOT CHECKED, for no package. ${error.summary || stderr}`);
}
process.exitCode = (error ? options.required : unsigned.length > 0) ? 1 : 0;

function reportOf(output: string): Report {
  try {
    return JSON.parse(output) as Report;
  } catch {
    return { error: { code: '', summary: '' } };
  }
}
