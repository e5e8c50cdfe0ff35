import { describe, expect, it } from 'vitest';
import type { EntityPlan } from '@millrace/core';
import { entityIdOfRow, joinKeyText } from './join-key.js';

const CUSTOMER: EntityPlan = { name: 'customer', joinKeys: [{ name: 'id', type: 'int' }], partitions: 16 };
const ROUTE: EntityPlan = {
  name: 'route',
  joinKeys: [
    { name: 'origin', type: 'string' },
    { name: 'destination', type: 'string' },
  ],
  partitions: 16,
};

describe('join keys of a request row', () => {
  it('an int may come as a number, a bigint or digits, and names the same entity', () => {
    expect([42, 42n, '42'].map((value) => joinKeyText('int', value))).toEqual(['42', '42', '42']);
  });

  it('an int64 beyond 2^53 keeps every digit', () => {
    expect(joinKeyText('int', 9_223_372_036_854_775_807n)).toBe('9223372036854775807');
    expect(joinKeyText('int', 9_223_372_036_854_775_808n)).toBeUndefined();
  });

  it('what is no canonical int names no entity', () => {
    for (const value of [1.5, NaN, 2 ** 53, '', '042', '-0', '1e3', true, {}, [1]]) {
      expect(joinKeyText('int', value)).toBeUndefined();
    }
  });

  it('a lone surrogate is refused, because Redis would read another entity', () => {
    expect(joinKeyText('string', '\ud800')).toBeUndefined();
    expect(joinKeyText('string', '😀')).toBe('😀');
  });

  it('composite keys follow the order of the entity, not of the row', () => {
    expect(entityIdOfRow(ROUTE, { destination: 'LAX', origin: 'JFK' }, 0)).toBe('JFK|LAX');
    expect(entityIdOfRow(ROUTE, { origin: 'a|b', destination: 'c' }, 0)).not.toBe(
      entityIdOfRow(ROUTE, { origin: 'a', destination: 'b|c' }, 0),
    );
  });

  it('a missing join key is named with its row', () => {
    expect(() => entityIdOfRow(ROUTE, { origin: 'JFK' }, 3)).toThrow(
      'entities[3]: join key destination of entity route is missing',
    );
    expect(() => entityIdOfRow(CUSTOMER, { id: null }, 0)).toThrow(
      'join key id of entity customer is missing',
    );
  });

  it('a join key of the wrong type is shown with what is allowed', () => {
    expect(() => entityIdOfRow(CUSTOMER, { id: 'x' }, 0)).toThrow(
      'entities[0].id: expected a 64-bit integer, got "x"',
    );
  });

  it('an id that would be too long for a key is refused', () => {
    expect(() => entityIdOfRow(ROUTE, { origin: 'x'.repeat(70_000), destination: 'y' }, 0)).toThrow(
      'at most 1024 bytes',
    );
  });

  it('what an object inherits is no join key', () => {
    const entity: EntityPlan = { ...CUSTOMER, joinKeys: [{ name: 'constructor', type: 'string' }] };
    expect(() => entityIdOfRow(entity, {}, 0)).toThrow('join key constructor of entity customer is missing');
  });
});
