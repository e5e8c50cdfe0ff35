import type { FeatureVector } from './http.js';

interface Column {
  readonly title: string;
  readonly cell: (vector: FeatureVector) => string;
}

const BUSIEST = 5;

const COLUMNS: readonly Column[] = [
  { title: 'airport', cell: ({ entity }) => entity['airport'] ?? '' },
  { title: 'flights 24 h', cell: ({ values }) => whole(values['count_24h']) },
  { title: 'in 7 days', cell: ({ values }) => whole(values['count_7d']) },
  { title: 'delay 24 h', cell: ({ values }) => minutes(values['delay_mean_24h']) },
  { title: 'to its week', cell: ({ values }) => signed(values['delay_trend']) },
  { title: '± ', cell: ({ values }) => minutes(values['delay_stddev_24h']) },
  { title: 'worst', cell: ({ values }) => minutes(values['delay_max_24h'], 0) },
  { title: 'late', cell: ({ values }) => percent(values['late_mean_24h']) },
  { title: 'late in 7 days', cell: ({ values }) => bar(values['late_mean_7d']) },
  { title: 'last to', cell: ({ values }) => list(values['destination_last_k_24h']) },
];

/** The airports with the most departures of the last day, for people. */
export function busiestAirports(vectors: readonly FeatureVector[]): string {
  const flightsOf = (vector: FeatureVector): number => Number(vector.values['count_24h'] ?? 0);
  const busiest = vectors.toSorted((one, other) => flightsOf(other) - flightsOf(one)).slice(0, BUSIEST);
  const rows = busiest.map((vector) => COLUMNS.map((column) => column.cell(vector)));
  const widths = COLUMNS.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  // The first column is a name; numbers line up at their right end.
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
      )
      .join('   ')
      .trimEnd();
  const titles = COLUMNS.map(({ title }) => title);
  const rule = widths.map((width) => '─'.repeat(width)).join('───');
  return [line(titles), rule, ...rows.map(line)].join('\n');
}

function whole(value: unknown): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : '–';
}

function minutes(value: unknown, digits = 1): string {
  return typeof value === 'number' ? `${value.toFixed(digits)} min` : '–';
}

/** A derived feature: how much later than in its week. */
function signed(value: unknown): string {
  return typeof value === 'number' && value > 0 ? `+${minutes(value)}` : minutes(value);
}

function percent(value: unknown): string {
  return typeof value === 'number' ? `${Math.round(value * 100)} %` : '–';
}

/** Ten blocks are 100 %. */
function bar(value: unknown): string {
  if (typeof value !== 'number') return '–';
  const filled = Math.round(value * 10);
  return `${'█'.repeat(filled)}${'░'.repeat(10 - filled)} ${percent(value).padStart(5)}`;
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : '–';
}
