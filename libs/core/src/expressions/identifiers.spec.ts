import { expect, it } from 'vitest';
import { identifiersOf } from './identifiers.js';

it.each([
  ['delay > 15 ? 1 : 0', ['delay']],
  ['amount / coalesce(average, amount)', ['amount', 'average']],
  ['customer_stats.spend > limits[tier] && !blocked', ['customer_stats.spend', 'limits', 'tier', 'blocked']],
  ['tags.exists(tag, tag == wanted)', ['tags', 'wanted']],
  ['[low, high].map(x, x * factor)', ['low', 'high', 'factor']],
  ['name.startsWith(prefix)', ['name', 'prefix']],
  ['has(country) && country in ["US", home]', ['country', 'home']],
  ['1 + 2', []],
])('%s reads %j', (expression, names) => {
  expect(identifiersOf(expression)).toEqual(names);
});
