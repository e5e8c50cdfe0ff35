/** Injection tokens of the admin routes. */
export const REGISTRY = Symbol('registry');
export const PLAN_PUBLISHER = Symbol('plan publisher');
