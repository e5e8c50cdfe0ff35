/** What operators are told to watch must be there: alerts, the dashboard and the guarantees name real metrics. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { VARIABLES as API } from '../../apps/api/src/config.js';
import { VARIABLES as INGEST } from '../../apps/ingest/src/config.js';
import { VARIABLES as WORKER } from '../../apps/worker/src/config.js';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The metrics that the apps register: each name is written once, beside its help text. */
const registered = new Set(
  ['apps', 'libs']
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        path.join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.includes('node_modules'))
    .map(read)
    .flatMap((text) => text.match(/'millrace_[a-z_]+'/g) ?? [])
    .map((quoted) => quoted.slice(1, -1)),
);

/** Metrics that a text names; what Prometheus derives from a histogram belongs to the histogram. */
function metricsIn(text: string): string[] {
  const names = text.match(/\bmillrace_[a-z_]+/g) ?? [];
  return names.map((name) => name.replace(/_seconds_(?:bucket|count|sum)$/, '_seconds'));
}

test.each(['deploy/prometheus/alerts.yaml', 'deploy/grafana/millrace.json', 'docs/guarantees.md'])(
  '%s names only metrics that there are',
  (file) => {
    const named = metricsIn(read(file));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !registered.has(name))).toEqual([]);
  },
);

test('every alert says what is wrong, and how urgent it is', () => {
  const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as {
    groups: { rules: { alert: string; expr: string; labels: object; annotations: { summary: string } }[] }[];
  };
  for (const { alert, expr, labels, annotations } of groups.flatMap(({ rules }) => rules)) {
    expect(alert).toMatch(/^Millrace[A-Z]/);
    expect(metricsIn(expr), alert).not.toEqual([]);
    expect(labels, alert).toHaveProperty('severity');
    expect(annotations.summary, alert).not.toBe('');
  }
});

test('whoever is paged finds the metric of every alert in the guarantees', () => {
  const told = metricsIn(read('docs/guarantees.md'));
  const watched = metricsIn(read('deploy/prometheus/alerts.yaml'));
  expect(watched.filter((name) => !told.includes(name))).toEqual([]);
});

test('every limit that can be set stands in the guarantees', () => {
  const told = read('docs/guarantees.md');
  const limits = [API, INGEST, WORKER]
    .flatMap((variables) => Object.keys(variables))
    .filter((name) => /(?:_MAX|_MS|_CONCURRENCY)$/.test(name));
  expect(limits.length).toBeGreaterThan(20);
  expect(limits.filter((name) => !told.includes(`\`${name}\``))).toEqual([]);
});

test('every limit of the guarantees has a metric that shows how near it is, and names variables that there are', () => {
  const [, limits = ''] = /## Limits\n([\s\S]*?)\n## /.exec(read('docs/guarantees.md')) ?? [];
  const rows = limits
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
  expect(rows.length).toBeGreaterThan(8);
  const variables = new Set([...Object.keys(API), ...Object.keys(INGEST), ...Object.keys(WORKER)]);
  for (const row of rows) {
    const cells = row.split(/(?<!\\)\|/).slice(1, -1);
    expect(metricsIn(cells[3] ?? ''), row).not.toEqual([]);
    const named = row.match(/\bMILLRACE_[A-Z_]+/g) ?? [];
    expect(
      named.filter((name) => !variables.has(name)),
      row,
    ).toEqual([]);
  }
});
