/**
 * Measures how fast and how big the extension is: `npm run bench [-- --json] [-- --check] [-- --only key,…]`.
 * `--picture` draws the cold sign-ins into docs/cold-sign-in.svg.
 * Everything is real but the provider, as in the end-to-end tests; what is compared is measured in the same run, alternating.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createWorld, type World } from '../e2e/world/world.ts';
import { measureBytes } from './bytes.ts';
import { measureColdSignIns } from './coldSignIns.ts';
import { measureFirefoxSignIns } from './firefoxSignIns.ts';
import { measureManyServers } from './manyServers.ts';
import { countWakeups, measurePageCost } from './pageLoads.ts';
import { type Figures, holds, type Key, keys, rows } from './rows.ts';
import { measureSignIns } from './signIns.ts';
import { table } from './table.ts';
import { drawTimelines, timelineTable } from './timeline.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
    picture: { type: 'boolean', default: false },
  },
});
const wanted = options.only?.split(',') ?? keys;
const unknown = wanted.filter((key) => !(key in rows));
if (unknown.length > 0) {
  console.error(`no such row: ${unknown.join(', ')}. There are ${keys.join(', ')}.`);
  process.exit(2);
}

type Results = Partial<Record<Key, Figures>>;

/** What is measured in one go: the rows, and how. */
const measurements: { keys: Key[]; measure(world: World): Promise<Results> }[] = [
  {
    keys: ['arm_ms', 'arm_asleep_ms', 'capture_ms', 'deliver_ratio', 'deliver_ms', 'memory_mib'],
    measure: (world) => measureSignIns(world, note),
  },
  { keys: ['arm_ms', 'arm_asleep_ms', 'capture_ms'], measure: measureFirefoxSignIns },
  { keys: ['wakeups'], measure: countWakeups },
  { keys: ['page_cost_ratio'], measure: measurePageCost },
  { keys: ['armed_200_ratio', 'servers_200_popup_ms'], measure: (world) => measureManyServers(world, note) },
];

const results: Results = {};
if (isWanted(['zip_bytes', 'background_bytes'])) keep(measureBytes());
const browserRuns = measurements.filter((measurement) => isWanted(measurement.keys));
const withColdSignIns = isWanted(['sign_in_ratio', 'sign_in_ms']);
if (browserRuns.length > 0 || withColdSignIns) for (const target of ['chrome', 'firefox']) build(target);
for (const { keys: measured, measure } of browserRuns) {
  note(`measuring ${measured.join(', ')}`);
  const world = await createWorld();
  keep(await measure(world).finally(world.close));
}
if (withColdSignIns) {
  note('measuring sign_in_ratio, sign_in_ms');
  const { rows: measured, timelines } = await measureColdSignIns(note);
  keep(measured);
  if (isWanted(['sign_in_ms'])) console.log(`${timelineTable(timelines)}\n`);
  if (options.picture) writeFileSync('docs/cold-sign-in.svg', drawTimelines(timelines));
}

const broken = keys.filter((key) => results[key] && rows[key].exact && !holds(key, results[key]));
console.log(table(results));
if (options.check && broken.length > 0) console.error(`Broken: ${broken.join(', ')}`);
if (options.json) console.log(JSON.stringify(results));
process.exit(options.check && broken.length > 0 ? 1 : 0);

function build(target: string): void {
  execFileSync('wxt', ['build', '--mode', 'e2e', '--browser', target], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function isWanted(some: Key[]): boolean {
  return some.some((key) => wanted.includes(key));
}

function keep(measured: Results): void {
  for (const key of keys)
    if (wanted.includes(key) && measured[key]) results[key] = { ...results[key], ...measured[key] };
}

/** What is under way. Standard output is for the table. */
function note(line: string): void {
  console.error(line);
}
