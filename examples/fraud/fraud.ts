/**
 * The definitions of the YAML files beside this one, in TypeScript: `npx millrace apply examples/fraud/fraud.ts`.
 * A test compares the two.
 */
import {
  aggregatedGroup,
  derivedGroup,
  entity,
  featureService,
  pushedGroup,
  repository,
  source,
} from '@millrace/define';

const risk = { owner: 'risk@example.com', tags: { team: 'risk' } };
const shop = { owner: 'shop@example.com', tags: { team: 'shop' } };

const customer = entity({
  name: 'customer',
  description: 'Who pays',
  joinKeys: [{ name: 'customer_id', type: 'string' }],
});

const merchant = entity({
  name: 'merchant',
  description: 'Who is paid',
  joinKeys: [{ name: 'merchant_id', type: 'string' }],
});

/** One event per card transaction. It feeds the customer who pays and the merchant who is paid. */
const transactions = source({
  name: 'transactions',
  type: 'stream',
  fields: {
    transaction_id: 'string',
    occurred_at: 'timestamp',
    customer_id: 'string',
    merchant_id: 'string',
    /** In the account's currency. */
    amount: 'float',
    /** Where the card was used, ISO 3166. */
    country: 'string',
    /** Of the merchant. */
    category: 'string',
    declined: 'bool',
  },
  timestampField: 'occurred_at',
  idField: 'transaction_id',
});

/** What a nightly job in the warehouse knows of each customer, pushed when it changes. */
const customerStatistics = source({
  name: 'customer_statistics',
  type: 'push',
  fields: {
    computed_at: 'timestamp',
    customer_id: 'string',
    purchase_count_30d: 'int',
    average_purchase: 'float',
    account_age_days: 'int',
    segment: 'string',
    taste: 'embedding',
  },
  timestampField: 'computed_at',
});

const customerStats = pushedGroup({
  name: 'customer_stats',
  entity: customer,
  source: customerStatistics,
  features: [
    { name: 'purchase_count_30d', type: 'int', default: 0 },
    { name: 'average_purchase', type: 'float' },
    { name: 'account_age_days', type: 'int' },
    { name: 'segment', type: 'string', default: 'new' },
    { name: 'taste', type: 'embedding', dimensions: 4 },
  ],
  ttl: '30d',
  ...risk,
});

/** What the customer is doing right now. */
const customerTransactions = aggregatedGroup({
  name: 'customer_transactions',
  entity: customer,
  source: transactions,
  where: 'amount > 0.0',
  derive: {
    abroad: { type: 'int', expression: 'country != "US" ? 1 : 0' },
    refused: { type: 'int', expression: 'declined ? 1 : 0' },
  },
  aggregations: [
    { of: 'amount', functions: ['sum', 'mean', 'max', 'stddev'], windows: ['1h', '24h', '7d'] },
    { functions: ['count'], windows: ['10m', '1h', '24h'] },
    { of: 'abroad', functions: ['sum'], windows: ['24h'] },
    { of: 'refused', functions: ['sum'], windows: ['1h', '24h'] },
    { of: 'merchant_id', functions: ['distinct_count', { last_k: 5 }], windows: ['24h'] },
    { of: 'amount', functions: ['mean'], windows: [{ records: 20 }] },
    { functions: ['seconds_since_last'], windows: ['lifetime'] },
  ],
  ttl: '30d',
  freshness: { target: '1m' },
  ...risk,
});

/** Whether a merchant behaves like yesterday. */
const merchantTransactions = aggregatedGroup({
  name: 'merchant_transactions',
  entity: merchant,
  source: transactions,
  derive: {
    merchant_refused: { type: 'int', expression: 'declined ? 1 : 0' },
    merchant_amount: { type: 'float', expression: 'amount' },
  },
  aggregations: [
    { of: 'merchant_amount', functions: ['mean', 'p95'], windows: ['1h', '24h'] },
    { of: 'merchant_refused', functions: ['mean'], windows: ['1h', '24h'] },
    { functions: ['count'], windows: ['24h'], name: 'merchant_count_24h' },
  ],
  ttl: '7d',
  ...risk,
});

/** Computed when features are read, from other features and from what the request brings. */
const transactionRisk = derivedGroup({
  name: 'transaction_risk',
  inputs: [customerStats, customerTransactions],
  requestFields: { amount: 'float' },
  features: [
    {
      name: 'purchase_frequency_score',
      type: 'float',
      expression: 'clip(purchase_count_30d / 30.0, 0.0, 1.0)',
    },
    { name: 'amount_ratio', type: 'float', expression: 'amount / coalesce(average_purchase, amount)' },
    { name: 'amount_log', type: 'float', expression: 'log1p(amount)' },
    { name: 'is_burst', type: 'bool', expression: 'count_10m > 5 || abroad_sum_24h > 3' },
  ],
  ...risk,
});

const itemAffinity = derivedGroup({
  name: 'item_affinity',
  inputs: [customerStats],
  requestFields: { item_embedding: 'float_list' },
  features: [
    {
      name: 'affinity',
      type: 'float',
      expression: 'cosine_similarity(taste, item_embedding)',
      default: 0,
    },
  ],
  ...shop,
});

/** What the model that scores a payment reads: one row names the customer and the merchant. */
const fraudDetection = featureService({
  name: 'fraud_detection',
  features: [customerStats, customerTransactions, merchantTransactions, transactionRisk],
  owner: risk.owner,
});

/** What the shop window reads. */
const recommendation = featureService({
  name: 'recommendation',
  features: [
    customerStats.feature('segment'),
    customerTransactions.feature('merchant_id_last_k_24h'),
    itemAffinity,
  ],
  owner: shop.owner,
});

export default repository(fraudDetection, recommendation);
