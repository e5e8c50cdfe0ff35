import type { FeatureType } from '@millrace/core';

/** A derived column: CEL alone, or with the type that it has, so that features of it are typed as well. */
export type DerivedColumn =
  string | { readonly type: 'int' | 'float' | 'bool' | 'timestamp' | 'string'; readonly expression: string };

/** Names to CEL; a later column may use an earlier one. */
export type DerivedColumns = Readonly<Record<string, DerivedColumn>>;

/** What a column may hold; `untyped` is a derived column whose author gave CEL alone. */
export type ColumnType = 'int' | 'float' | 'bool' | 'timestamp' | 'string' | 'list' | 'untyped';

export type Columns = Readonly<Record<string, ColumnType>>;

type ColumnOfField<T extends FeatureType> = T extends 'int' | 'float' | 'bool' | 'timestamp' | 'string'
  ? T
  : 'list';

type ColumnOfDerived<D extends DerivedColumn> = D extends { readonly type: infer T extends ColumnType }
  ? T
  : 'untyped';

/** The columns that aggregations may read: the source's fields and the derived columns. */
export type ColumnsOf<Fields extends Readonly<Record<string, FeatureType>>, Derive extends DerivedColumns> = {
  readonly [Name in (keyof Fields | keyof Derive) & string]: Name extends keyof Fields
    ? ColumnOfField<Fields[Name]>
    : Name extends keyof Derive
      ? ColumnOfDerived<Derive[Name]>
      : never;
};

/** The names of the columns of some types; an untyped one may be any. */
export type NamesOf<C extends Columns, Accepted extends ColumnType> = {
  [Name in keyof C & string]: C[Name] extends Accepted | 'untyped' ? Name : never;
}[keyof C & string];
