import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilePlan, type LineageAround, type LineageNode, type OpenLineageEvent } from '@millrace/core';
import fraud from '../../../examples/fraud/fraud.js';
import { runApi, type RunningApi } from './running-api.js';

let api: RunningApi;

beforeAll(async () => {
  const registered = fraud.definitions.map((definition) => ({ definition, version: 1 }));
  api = await runApi(compilePlan(1, registered).plan);
});

afterAll(() => api.stop());

const idsOf = (nodes: readonly LineageNode[]): string[] => nodes.map(({ id }) => id);

describe('GET /v1/lineage', () => {
  it('tells what feeds a derived feature, and what it feeds', async () => {
    const answer = await api.get('/v1/lineage/derived-features/transaction_risk:is_burst');
    expect(answer.status).toBe(200);
    const { subject, upstream, downstream } = answer.body as unknown as LineageAround;
    expect(idsOf(subject)).toEqual(['derived-feature/transaction_risk@1:is_burst']);
    expect(idsOf(upstream.nodes)).toContain('derived-column/customer_transactions@1.abroad');
    expect(idsOf(upstream.nodes)).toContain('source-field/transactions.country');
    expect(idsOf(upstream.nodes)).not.toContain('source-field/transactions.category');
    expect(idsOf(downstream.nodes)).toEqual(['feature-service/fraud_detection']);
  });

  it('gives OpenLineage events of everything, and of what is around one column', async () => {
    const all = JSON.parse((await api.get('/v1/lineage?format=openlineage')).text) as OpenLineageEvent[];
    expect(all.map(({ job }) => job.name)).toEqual([
      'feature-group.customer_stats@1',
      'feature-group.customer_transactions@1',
      'feature-group.merchant_transactions@1',
      'derived-feature-group.transaction_risk@1',
      'derived-feature-group.item_affinity@1',
      'feature-service.fraud_detection',
      'feature-service.recommendation',
    ]);
    const around = await api.get('/v1/lineage/source-fields/transactions.country?format=openlineage');
    const events = JSON.parse(around.text) as OpenLineageEvent[];
    expect(events.map(({ job }) => job.name)).toContain('feature-service.fraud_detection');
  });

  it.each([
    ['/v1/lineage/features/transaction_risk:nothing', 404, 'NOT_FOUND', 'there is nothing called'],
    ['/v1/lineage/feature-group/customer_stats', 404, 'NOT_FOUND', 'did you mean "feature-groups"?'],
    ['/v1/lineage?format=xml', 400, 'BAD_REQUEST', 'format: expected json or openlineage, got "xml"'],
  ])('refuses %s', async (path, status, code, detail) => {
    const { status: found, body } = await api.get(path);
    expect([found, body['code']]).toEqual([status, code]);
    expect(body['detail']).toContain(detail);
  });
});
