/** Injection tokens of the admin routes. */
export const DATABASE = Symbol('registry database');
export const REGISTRY = Symbol('registry');
export const PLAN_ARRIVAL = Symbol('plan arrival');
export const PLAN_HINTS = Symbol('plan hints');
export const PLAN_PUBLISHER = Symbol('plan publisher');
export const ACCESS_KEYS = Symbol('access keys');
export const ACCESS_KEY_PUBLISHER = Symbol('access key publisher');
