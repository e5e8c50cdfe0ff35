import { describe, expect, it } from 'vitest';
import { readFeaturesRequest } from './features-request.js';

const LIMITS = { entitiesMax: 3, featuresMax: 2, waitMsMax: 1_000 };
const read = (body: unknown) => readFeaturesRequest(body, LIMITS);
const ENTITIES = [{ id: 1 }];

describe('a features request', () => {
  it('names a service or features, never both or none', () => {
    expect(read({ service: 's', entities: ENTITIES })).toEqual({
      service: 's',
      entities: ENTITIES,
      evidence: false,
    });
    expect(() => read({ entities: ENTITIES })).toThrow('either service or features');
    expect(() => read({ service: 's', features: ['g:f'], entities: ENTITIES })).toThrow('and not both');
  });

  it('reads asOf as RFC 3339 or as milliseconds', () => {
    const asOf = Date.UTC(2026, 0, 2);
    for (const value of [asOf, '2026-01-02T00:00:00Z', '2026-01-02T01:00:00+01:00']) {
      expect(read({ service: 's', entities: ENTITIES, asOf: value }).asOf).toBe(asOf);
    }
    for (const value of ['yesterday', '2026-02-30T00:00:00Z', 1.5, true, 1e300]) {
      expect(() => read({ service: 's', entities: ENTITIES, asOf: value })).toThrow('asOf: expected');
    }
  });

  it('bounds the number of entities and says the bound', () => {
    expect(() => read({ service: 's', entities: [{}, {}, {}, {}] })).toThrow('4 rows; at most 3');
  });

  it.each([
    ['body', null],
    ['body', []],
    ['entities', { service: 's' }],
    ['entities', { service: 's', entities: [] }],
    ['entities[1]', { service: 's', entities: [{}, 1] }],
    ['features', { features: [1], entities: ENTITIES }],
    ['features', { features: ['a', 'b', 'c'], entities: ENTITIES }],
    ['evidence', { service: 's', entities: ENTITIES, evidence: 'yes' }],
    ['waitMs', { service: 's', entities: ENTITIES, waitMs: 1e9 }],
    ['request', { service: 's', entities: ENTITIES, request: [{}, {}] }],
    ['entity', { service: 's', entity: {} }],
  ])('names %s where it is wrong', (member, body) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`${member}:`) as string }) as Error,
    );
  });
});
