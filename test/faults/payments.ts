import { compilePlan, type AggregatedGroupPlan, type Definition, type PlanDocument } from '@millrace/core';

/** What the fault tests run: payments of accounts, with ids, so that repeats can be told from news. */
export const DEFINITIONS: readonly Definition[] = [
  { kind: 'Entity', name: 'account', joinKeys: [{ name: 'account', type: 'string' }] },
  {
    kind: 'Source',
    name: 'payments',
    type: 'stream',
    fields: { payment_id: 'string', account: 'string', amount: 'int', paid_at: 'timestamp' },
    timestampField: 'paid_at',
    idField: 'payment_id',
  },
  {
    kind: 'FeatureGroup',
    name: 'account_payments',
    entity: 'account',
    source: 'payments',
    aggregations: [
      { functions: ['count'], windows: ['1h', '24h'] },
      { of: 'amount', functions: ['sum', 'mean', 'min', 'max', 'stddev', 'last'], windows: ['1h', '24h'] },
    ],
  },
];

export interface Payment {
  readonly payment_id: string;
  readonly account: string;
  readonly amount: number;
  readonly paid_at: number;
}

export const PLAN: PlanDocument = planOf([]);

/** The one group of the plan. */
export const GROUP: AggregatedGroupPlan = onlyGroup();

/** The plan of the payments, and of more beside them. */
export function planOf(more: readonly Definition[]): PlanDocument {
  const { plan, faults } = compilePlan(
    1,
    [...DEFINITIONS, ...more].map((definition) => ({ definition, version: 1 })),
  );
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return plan;
}

function onlyGroup(): AggregatedGroupPlan {
  const [group] = PLAN.groups;
  if (group?.kind !== 'aggregated') throw new Error('the payments plan has one aggregated group');
  return group;
}

/** Makes payments: integer amounts, event times that differ within an account, ids that never repeat. */
export class PaymentSource {
  readonly #newest = new Map<string, number>();
  #made = 0;

  constructor(
    private readonly accounts: number,
    private readonly random: () => number,
    /** Event times begin here. */
    private readonly from: number,
  ) {}

  next(): Payment {
    const account = `account-${Math.floor(this.random() * this.accounts)}`;
    const paid_at = (this.#newest.get(account) ?? this.from) + 1 + Math.floor(this.random() * 20);
    this.#newest.set(account, paid_at);
    this.#made++;
    return { payment_id: `p${this.#made}`, account, amount: Math.floor(this.random() * 10_000), paid_at };
  }
}
