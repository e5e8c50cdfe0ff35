import { describe, expectTypeOf, test } from 'vitest';
import { MillraceClient } from '@millrace/client';
import type { CatalogOf } from '@millrace/define';
import type flights from '../../examples/flights/flights.js';
import type fraud from '../../examples/fraud/fraud.js';

declare const flightBoard: MillraceClient<CatalogOf<typeof flights>>;
declare const payments: MillraceClient<CatalogOf<typeof fraud>>;
declare const untyped: MillraceClient;

describe('a typed client', () => {
  test('knows the features of a service', async () => {
    const { values, statuses } = await flightBoard.features.get('departure_board', { airport: 'ATL' });
    expectTypeOf(values.delay_mean_1h).toEqualTypeOf<number | null>();
    expectTypeOf(values.destination_last_k_24h).toEqualTypeOf<readonly string[] | null>();
    expectTypeOf(values.delay_trend).toEqualTypeOf<number | null>();
    expectTypeOf(statuses.inbound_count).toEqualTypeOf<
      'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE' | 'INVALID'
    >();
  });

  test('knows the features of a service over two entities and a request', async () => {
    const { values } = await payments.features.get(
      'fraud_detection',
      { customer_id: 'c1', merchant_id: 'm1' },
      { request: { amount: 12.5 } },
    );
    expectTypeOf(values.amount_ratio).toEqualTypeOf<number | null>();
    expectTypeOf(values.is_burst).toEqualTypeOf<boolean | null>();
    expectTypeOf(values.amount_mean_last20).toEqualTypeOf<number | null>();
    expectTypeOf(values.taste).toEqualTypeOf<readonly number[] | null>();
  });

  test('takes any name where it has no catalog', async () => {
    const { values } = await untyped.features.get('anything', { key: 1 });
    expectTypeOf(values['what']).toEqualTypeOf<unknown>();
  });
});

describe('what does not compile', () => {
  test('a service that there is not', () => {
    // @ts-expect-error -- departure_bord
    void flightBoard.features.get('departure_bord', { airport: 'ATL' });
  });

  test('a row without a join key', () => {
    // @ts-expect-error -- merchant_id is missing
    void payments.features.get('fraud_detection', { customer_id: 'c1' }, { request: { amount: 1 } });
  });

  test('a join key of another type', () => {
    // @ts-expect-error -- airport is a string
    void flightBoard.features.get('departure_board', { airport: 7 });
  });

  test('a read without the request fields that its service needs', () => {
    // @ts-expect-error -- { request: { item_embedding } } is missing
    void payments.features.get('recommendation', { customer_id: 'c1' });
  });

  test('a request field of another type', () => {
    const row = { customer_id: 'c1' };
    // @ts-expect-error -- item_embedding is a list
    void payments.features.get('recommendation', row, { request: { item_embedding: 'red' } });
  });

  test('a feature that the service does not serve', async () => {
    const { values } = await flightBoard.features.get('departure_board', { airport: 'ATL' });
    // @ts-expect-error -- there is no window of 2h
    void values.delay_mean_2h;
  });

  test('arithmetic on a value that may be null', async () => {
    const { values } = await flightBoard.features.get('departure_board', { airport: 'ATL' });
    // @ts-expect-error -- null
    void (values.delay_mean_1h * 60);
  });

  test('an event for a source that there is not', () => {
    // @ts-expect-error -- arrivals
    void flightBoard.send('arrivals', { departed_at: 0 });
  });

  test('an event without its time, or with a field of another type', () => {
    // @ts-expect-error -- departed_at is missing
    void flightBoard.send('departures', { flight_id: 'f1' });
    // @ts-expect-error -- delay is a number
    void flightBoard.send('departures', [{ departed_at: new Date(0), delay: 'late' }]);
  });
});
