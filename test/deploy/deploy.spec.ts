import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readEnvironment } from '@millrace/core';
import { readConfig as readApiConfig, VARIABLES as API } from '../../apps/api/src/config.js';
import { readConfig as readIngestConfig, VARIABLES as INGEST } from '../../apps/ingest/src/config.js';
import { readConfig as readWorkerConfig, VARIABLES as WORKER } from '../../apps/worker/src/config.js';
import { NODE_ARGUMENTS } from '../../tools/launch/apps.js';
import { RECOMMENDED } from '../../tools/local-services/redis-server.js';

const root = path.resolve(import.meta.dirname, '../..');
const chart = path.join(root, 'deploy/helm/millrace');
const APPS = ['api', 'ingest', 'worker'];
const STORES = { REDIS_URL: 'redis://redis:6379', DATABASE_URL: 'postgres://postgres:5432/millrace' };

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/**
 * A template as YAML, as far as that goes without Helm: lines that only steer are dropped, inserted values
 * become a word, inserted blocks become nothing. What is left must be well-formed and of the right kind.
 */
function templateDocuments(file: string): Record<string, unknown>[] {
  const text = readFileSync(path.join(chart, 'templates', file), 'utf8')
    .split('\n')
    .filter((line) => !/^\s*\{\{-?[^}]*\}\}\s*$/.test(line))
    .map((line) => line.replace(/\{\{-[^}]*\}\}/g, '').replace(/\{\{[^}]*\}\}/g, 'word'))
    .join('\n');
  return parseAllDocuments(text)
    .filter((document) => document.contents !== null)
    .map((document) => {
      expect(document.errors, file).toEqual([]);
      return document.toJS() as Record<string, unknown>;
    });
}

test('docker compose starts redis, postgres and the three apps, the apps from one Dockerfile', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { build?: { context: string; target: string }; healthcheck: { test: unknown } }>;
  };
  expect(Object.keys(compose.services).toSorted()).toEqual(['api', 'ingest', 'postgres', 'redis', 'worker']);
  for (const app of APPS) expect(compose.services[app]?.build).toEqual({ context: '.', target: app });
  for (const [name, service] of Object.entries(compose.services)) {
    expect(service.healthcheck?.test, `${name} has a health check`).toBeDefined();
  }
});

test('the apps of docker compose wait for stores that answer, and know them by URL alone', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { depends_on?: unknown; environment?: Record<string, string> }>;
  };
  for (const app of APPS) {
    const service = compose.services[app];
    expect(service?.depends_on).toEqual({
      redis: { condition: 'service_healthy' },
      postgres: { condition: 'service_healthy' },
    });
    expect(Object.keys(service?.environment ?? {})).toEqual([
      'REDIS_URL',
      'DATABASE_URL',
      'MILLRACE_ADMIN_KEY',
    ]);
  }
});

test('the Dockerfile has one stage per app, and none runs as root', () => {
  const dockerfile = read('Dockerfile');
  for (const app of APPS) {
    expect(dockerfile).toMatch(new RegExp(`^FROM runtime AS ${app}$`, 'm'));
    expect(dockerfile).toContain(`dist/apps/${app}/src/main.js`);
  }
  const runtime = dockerfile.slice(dockerfile.indexOf('AS runtime'), dockerfile.indexOf('AS ingest'));
  expect(runtime).toMatch(/^USER node$/m);
});

test('an app has the same Node here, where it is measured, as in its image', () => {
  const dockerfile = read('Dockerfile');
  for (const app of ['api', 'ingest', 'worker'] as const) {
    const entry = [...NODE_ARGUMENTS[app], `dist/apps/${app}/src/main.js`].map((word) => `"${word}"`);
    expect(dockerfile).toContain(`\nCMD [${entry.join(', ')}]`);
  }
});

test('docker compose starts Redis with the settings with which it is measured here', () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
    services: { redis: { command: string } };
  };
  const settings = Object.entries(RECOMMENDED).map(([name, value]) => `--${name} ${value || '""'}`);
  const [server, ...given] = services.redis.command.split(/ (?=--)/);
  expect(server).toBe('redis-server');
  expect(given.toSorted()).toEqual(settings.toSorted());
});

test('the image gets every folder that is built, and no test', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (\w+) \w+$/gm)].map((match) => match[1]);
  const allowed = read('.dockerignore');
  for (const folder of ['apps', 'libs', 'tools']) {
    expect(copied).toContain(folder);
    expect(allowed).toMatch(new RegExp(`^!${folder}$`, 'm'));
  }
  expect(allowed).toMatch(/^\*\*\/\*\.spec\.ts$/m);
});

test.each([
  ['deployments.yaml', 'Deployment'],
  ['services.yaml', 'Service'],
  ['autoscalers.yaml', 'HorizontalPodAutoscaler'],
  ['disruption-budgets.yaml', 'PodDisruptionBudget'],
  ['service-account.yaml', 'ServiceAccount'],
])('the template %s is a well-formed %s', (file, kind) => {
  const documents = templateDocuments(file);
  expect(documents.map((document) => document['kind'])).toEqual([kind]);
});

test('every template is known to this test', () => {
  const templates = readdirSync(path.join(chart, 'templates')).filter((file) => file.endsWith('.yaml'));
  expect(templates).toHaveLength(5);
});

test('a pod has the three probes, takes its URLs from secrets, and may not write to its own image', () => {
  const [deployment] = templateDocuments('deployments.yaml') as [
    {
      spec: {
        template: { spec: { containers: [Record<string, unknown> & { env: { valueFrom?: unknown }[] }] } };
      };
    },
  ];
  const [container] = deployment.spec.template.spec.containers;
  expect(container['livenessProbe']).toMatchObject({ httpGet: { path: '/healthz' } });
  expect(container['readinessProbe']).toMatchObject({ httpGet: { path: '/readyz' } });
  expect(container['startupProbe']).toMatchObject({ httpGet: { path: '/healthz' } });
  expect(container.env.filter((variable) => variable.valueFrom !== undefined)).toHaveLength(3);
  expect(container['securityContext']).toMatchObject({ readOnlyRootFilesystem: true });
});

test('what is set for one app is no misspelling to another: they share environments', () => {
  const names = [API, INGEST, WORKER].flatMap((variables) => Object.keys(variables));
  const cli = ['MILLRACE_API_URL', 'MILLRACE_INGEST_URL', 'MILLRACE_API_KEY'];
  const all = [...names, ...cli];
  for (const variables of [API, INGEST, WORKER]) {
    const others = all.filter((name) => !Object.hasOwn(variables, name));
    const environment = { ...STORES, ...Object.fromEntries(others.map((name) => [name, 'x'])) };
    expect(() => readEnvironment(variables, environment)).not.toThrow();
  }
});

test('the chart names every app with the port that the app has by default', () => {
  const values = parse(readFileSync(path.join(chart, 'values.yaml'), 'utf8')) as {
    apps: Record<string, { port: number; portVariable: string; replicas: { min: number; max: number } }>;
  };
  expect(Object.keys(values.apps).toSorted()).toEqual(APPS);
  const ports = {
    api: readApiConfig(STORES).port,
    ingest: readIngestConfig(STORES).port,
    worker: readWorkerConfig(STORES).port,
  };
  for (const [app, { port, portVariable }] of Object.entries(values.apps)) {
    expect({ [app]: port }).toEqual({ [app]: ports[app as keyof typeof ports] });
    expect(portVariable).toBe(`MILLRACE_${app.toUpperCase()}_PORT`);
  }
});
