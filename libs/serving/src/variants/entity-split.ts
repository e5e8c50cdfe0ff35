import { VariantSplit, type EntityPlan, type ServicePlan, type SplitPlan } from '@millrace/core';
import type { DerivedGroupReader } from '../derived/derived-group-reader.js';
import type { ReadLayout } from '../layout/read-layout.js';
import { entityIdOfRow, type RequestRow } from '../rows/join-key.js';
import type { InstantReader } from '../values/typed-value.js';

/** One variant of a service, compiled to something that reads by a layout. */
export interface CompiledVariant {
  readonly reader: { readonly layout: ReadLayout };
}

/** The rows of a request that belong to one variant. */
export interface VariantRows<V> {
  readonly variant: V;
  readonly rows: readonly RequestRow[];
  /** Request fields of each row; absent where the request has none. */
  readonly request: readonly RequestRow[] | undefined;
  /** Of each row: its place in the request. */
  readonly places: readonly number[];
}

/** A service that splits entities over variants (VariantSplit says how), each compiled by itself. */
export class EntitySplit<V extends CompiledVariant> {
  /** The most slots that a row needs, whatever its variant. */
  readonly slots: number;
  private readonly split: VariantSplit;
  private readonly others: readonly EntityPlan[];
  private readonly derived: readonly DerivedGroupReader[];

  /** @param by the entity whose id decides. */
  constructor(
    { name }: Pick<ServicePlan, 'name'>,
    split: Pick<SplitPlan, 'variants'>,
    private readonly by: EntityPlan,
    readonly variants: readonly V[],
  ) {
    this.split = new VariantSplit(name, split.variants);
    const layouts = variants.map(({ reader }) => reader.layout);
    this.slots = Math.max(...layouts.map(({ slots }) => slots));
    const entities = layouts.flatMap((layout) => layout.entities.map(({ entity }) => entity));
    this.others = [...new Set(entities)].filter(({ name: entity }) => entity !== by.name);
    this.derived = layouts.flatMap(({ derived }) => derived);
  }

  /**
   * Gives each row to its variant. A row must hold what any of the variants needs: it would otherwise depend
   * on an entity's id whether a wrong request is refused.
   * @throws MillraceError ENTITY_KEY_*, REQUEST_FIELD_*, naming the row of the request.
   */
  divide(
    rows: readonly RequestRow[],
    request: readonly RequestRow[] | undefined,
    instant?: InstantReader,
  ): VariantRows<V>[] {
    const places = this.variants.map((): number[] => []);
    for (const [index, row] of rows.entries()) {
      const entityId = entityIdOfRow(this.by, row, index);
      for (const entity of this.others) entityIdOfRow(entity, row, index);
      for (const group of this.derived) group.requestValues(row, request?.[index], index, instant);
      places[this.split.variantOf(entityId)]?.push(index);
    }
    return this.variants.flatMap((variant, i) => {
      const own = places[i] ?? [];
      if (own.length === 0) return [];
      const take = (from: readonly RequestRow[]): RequestRow[] => own.map((place) => from[place] ?? {});
      return [{ variant, rows: take(rows), request: request && take(request), places: own }];
    });
  }
}
