/** The rows of the benchmark: what each measures, and the bar that it must hold. */

/** What was measured for a row, by name: `p50`, `chrome`, or `value` where there is one figure only. */
export type Figures = Record<string, number>;

export interface Row {
  what: string;
  unit: 'ms' | '×' | 'bytes' | 'MiB' | 'times';
  /** The largest figure that is good enough, for those figures that have a bar. */
  bars: Figures;
  /** Whether a slow or busy machine cannot move it: then a broken bar fails `--check`. */
  exact: boolean;
}

export const rows = {
  zip_bytes: {
    what: 'the shipped package, icons and every language included',
    unit: 'bytes',
    bars: { chrome: 130_000, firefox: 130_000 },
    exact: true,
  },
  background_bytes: {
    what: "the worker's script, minified",
    unit: 'bytes',
    bars: { chrome: 100_000, firefox: 100_000 },
    exact: true,
  },
  sign_in_ratio: {
    what: "click at the provider → opencode's dialog says connected, everything cold, ÷ the same by an ideal tunnel",
    unit: '×',
    bars: { chromium: 1.15, chromium_asleep: 1.25, firefox: 1.15, firefox_asleep: 1.25 },
    exact: false,
  },
  sign_in_ms: {
    what: 'the same in milliseconds',
    unit: 'ms',
    bars: {},
    exact: false,
  },
  arm_ms: {
    what: 'authorization request seen → capture rule in force',
    unit: 'ms',
    bars: { p95: 15 },
    exact: false,
  },
  arm_asleep_ms: {
    what: 'the same when the worker has to be started for it',
    unit: 'ms',
    bars: {},
    exact: false,
  },
  capture_ms: {
    what: 'callback navigation starts → capture page has painted its first state',
    unit: 'ms',
    bars: { p50: 150 },
    exact: false,
  },
  deliver_ratio: {
    what: 'response taken → the server has confirmed, ÷ the same server calls by a bare script in a tab',
    unit: '×',
    bars: { p50: 1.25 },
    exact: true,
  },
  deliver_ms: {
    what: 'response taken → the server has confirmed, and its parts',
    unit: 'ms',
    bars: {},
    exact: false,
  },
  memory_mib: {
    what: "the worker's heap after 1 and after 100 sign-ins, and their ratio",
    unit: 'MiB',
    bars: { ratio: 1.2 },
    exact: true,
  },
  wakeups: {
    what: 'times the worker was started during 200 page loads that are none of its business',
    unit: 'times',
    bars: { value: 0 },
    exact: true,
  },
  page_cost_ratio: {
    what: 'load time of those pages with the extension ÷ without',
    unit: '×',
    bars: { p50: 1.02 },
    exact: true,
  },
  armed_200_ratio: {
    what: 'arm_ms with 200 sign-ins waiting on 200 servers ÷ with none',
    unit: '×',
    bars: { p50: 2 },
    exact: true,
  },
  servers_200_popup_ms: {
    what: 'popup opened → interactive, with 200 servers and 20 recent sign-ins',
    unit: 'ms',
    bars: { p50: 200 },
    exact: false,
  },
} satisfies Record<string, Row>;

export type Key = keyof typeof rows;
export const keys = Object.keys(rows) as Key[];

/** Whether every figure of a row that has a bar holds it. */
export function holds(key: Key, figures: Figures): boolean {
  const bars: Figures = rows[key].bars;
  return Object.entries(bars).every(([name, bar]) => (figures[name] ?? Number.POSITIVE_INFINITY) <= bar);
}
