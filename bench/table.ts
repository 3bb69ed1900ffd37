import { markdownTable } from 'markdown-table';
import { type Figures, holds, type Key, keys, rows } from './rows.ts';

/** The rows that were measured, as a Markdown table. */
export function table(results: Partial<Record<Key, Figures>>): string {
  const measured = keys.flatMap((key) => {
    const figures = results[key];
    if (!figures) return [];
    const { what, unit, bars } = rows[key];
    return [[`\`${key}\``, what, list(figures, unit), list(bars, unit, '≤ ') || 'shown', verdict(key, figures)]];
  });
  return markdownTable([['row', 'what', 'measured', 'must be', ''], ...measured]);
}

/** A part of a figure, `figure.part`, is left to a table of its own. */
function list(figures: Figures, unit: string, before = ''): string {
  return Object.entries(figures)
    .filter(([name]) => !name.includes('.'))
    .map(([name, figure]) => {
      const label = name === 'value' ? '' : `${name.replace(/_ms$/, '').replaceAll('_', ' ')} `;
      return `${label}${before}${print(figure)} ${unitOf(name) ?? unit}`;
    })
    .join(', ');
}

/** A figure of another kind than its row says so in its name. */
function unitOf(name: string): string | undefined {
  if (name.startsWith('ratio')) return '×';
  return name.endsWith('_ms') ? 'ms' : undefined;
}

function print(figure: number): string {
  return figure.toLocaleString('en', { maximumFractionDigits: figure < 10 ? 2 : figure < 1_000 ? 1 : 0 });
}

function verdict(key: Key, figures: Figures): string {
  if (Object.keys(rows[key].bars).length === 0) return '';
  return holds(key, figures) ? 'holds' : '**broken**';
}
