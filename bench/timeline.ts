/** The cold sign-ins of a run as a picture: one bar for each, and what its time went by on. */
import { parts, type Times } from './coldSignIns.ts';

const names: Record<string, string> = {
  chromium_extension: 'Chromium, extension',
  chromium_tunnel: 'Chromium, tunnel',
  chromium_asleep_extension: 'Chromium, asleep',
  firefox_extension: 'Firefox, extension',
  firefox_tunnel: 'Firefox, tunnel',
  firefox_asleep_extension: 'Firefox, asleep',
};
const colours: Record<keyof Times, string> = { exchange: '#3d6bb3', confirmed: '#7a9fd4', connected: '#b9cbe6' };
const legend: Record<keyof Times, string> = {
  exchange: 'the response reaches opencode',
  confirmed: 'opencode exchanges the code',
  connected: 'its dialog turns to connected',
};

const [LEFT, WIDTH, ROW] = [210, 900, 36];

/** @returns SVG, readable on light and dark pages */
export function drawTimelines(timelines: Record<string, Times>): string {
  const rows = Object.entries(names).flatMap(([key, name]) => {
    const times = timelines[key];
    return times ? [{ name, times }] : [];
  });
  const longest = Math.max(...rows.map(({ times }) => times.connected));
  const scale = (WIDTH - LEFT - 80) / longest;
  const bars = rows.map(({ name, times }, index) => {
    const y = 44 + index * ROW;
    const pieces = parts.map((part, place) => {
      const from = place === 0 ? 0 : times[parts[place - 1] ?? part];
      return rectangle(LEFT + from * scale, y, (times[part] - from) * scale, colours[part]);
    });
    const end = label(LEFT + times.connected * scale + 8, y + 17, `${Math.round(times.connected)} ms`);
    return [label(12, y + 17, name), ...pieces, end].join('');
  });
  const keys = parts.map((part, index) => {
    const x = 12 + index * 260;
    return rectangle(x, 12, 14, colours[part], 14) + label(x + 22, 24, legend[part]);
  });
  const height = 56 + rows.length * ROW;
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
