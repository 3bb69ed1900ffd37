/** The cold sign-ins of a run: what their time went by on, as a picture and as a table. */
import { markdownTable } from 'markdown-table';
import { type ColdSignIns, type Moment, moments, type Timeline } from './coldSignIns.ts';

const names = {
  chromium_tunnel: 'Chromium: tunnel',
  chromium_extension: 'Chromium: extension',
  chromium_bare: 'Chromium: bare extension',
  chromium_asleep_tunnel: 'Chromium: tunnel, beside those asleep',
  chromium_asleep_extension: 'Chromium: extension, asleep',
  chromium_asleep_bare: 'Chromium: bare extension, asleep',
  firefox_tunnel: 'Firefox: tunnel',
  firefox_extension: 'Firefox: extension',
  firefox_bare: 'Firefox: bare extension',
  firefox_asleep_tunnel: 'Firefox: tunnel, beside those asleep',
  firefox_asleep_extension: 'Firefox: extension, asleep',
  firefox_asleep_bare: 'Firefox: bare extension, asleep',
} satisfies Record<Timeline, string>;
/** By what the time before each moment went by on: the browser's and ours first, then opencode's. */
const colours: Record<Moment, string> = {
  asked: '#b3543d',
  sent: '#d9916f',
  exchange: '#3d6bb3',
  confirmed: '#7a9fd4',
  connected: '#b9cbe6',
};
const legend: Record<Moment, string> = {
  asked: 'the browser, until the server is asked',
  sent: 'until the response reaches the server',
  exchange: 'opencode takes it',
  confirmed: 'opencode exchanges the code',
  connected: 'its dialog turns to connected',
};

const order = Object.keys(moments) as Moment[];
const [LEFT, WIDTH, ROW, TOP] = [300, 960, 36, 72];

/** @returns a Markdown table: when each moment was */
export function timelineTable(timelines: ColdSignIns['timelines']): string {
  const rows = rowsOf(timelines).map(({ name, times }) => [
    name,
    ...order.map((moment) => `${Math.round(times[moment])}`),
  ]);
  return markdownTable([['ms after the click', ...Object.values(moments)], ...rows]);
}

function rowsOf(timelines: ColdSignIns['timelines']) {
  return Object.entries(names).flatMap(([key, name]) => {
    const times = timelines[key as Timeline];
    return times ? [{ name, times }] : [];
  });
}

/** @returns SVG, readable on light and dark pages */
export function drawTimelines(timelines: ColdSignIns['timelines']): string {
  const rows = rowsOf(timelines);
  const longest = Math.max(...rows.map(({ times }) => times.connected));
  const scale = (WIDTH - LEFT - 80) / longest;
  const bars = rows.map(({ name, times }, index) => {
    const y = TOP + index * ROW;
    let from = 0;
    const pieces = order.map((moment) => {
      const piece = rectangle(LEFT + from * scale, y, (times[moment] - from) * scale, colours[moment]);
      from = times[moment];
      return piece;
    });
    const end = label(LEFT + times.connected * scale + 8, y + 17, `${Math.round(times.connected)} ms`);
    return [label(12, y + 17, name), ...pieces, end].join('');
  });
  const keys = order.map((moment, index) => {
    const [x, y] = [12 + (index % 3) * 310, 12 + Math.floor(index / 3) * 26];
    return rectangle(x, y, 14, colours[moment], 14) + label(x + 22, y + 12, legend[moment]);
  });
  const height = TOP + 12 + rows.length * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>From the click at the provider until opencode says connected, everything cold</title>
<style>text{font:14px system-ui,sans-serif;fill:#1f2328}rect.page{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect.page{fill:#0d1117}}</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
${[...keys, ...bars].join('\n')}
</svg>
`;
}

function rectangle(x: number, y: number, width: number, fill: string, height = 24): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`;
}

function label(x: number, y: number, text: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}">${text}</text>`;
}
