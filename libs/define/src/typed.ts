/** Stands for the types that a definition carries. It exists for the compiler only: no object has the member. */
declare const TYPES: unique symbol;

/** Carries types from a definition to those that refer to it. */
export interface Typed<T> {
  readonly [TYPES]?: T;
}

export type TypesOf<D> = D extends Typed<infer T> ? T : never;

/** `A | B` to `A & B`: what a row must hold when it is read for both. */
export type IntersectionOf<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer Intersection,
) => void
  ? Intersection
  : never;

/** The same members, spelled out: messages and editors show them instead of how they came about. */
export type Flat<T> = { [Member in keyof T]: T[Member] } & {};

/** No members: what is left out. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- empty is what is meant
export type None = Readonly<Record<never, never>>;
