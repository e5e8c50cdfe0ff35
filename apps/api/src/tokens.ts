/** Injection tokens: everything here is injected by name, nothing by reflected type. */
export const CONFIG = Symbol('api config');
export const CLOCK = Symbol('clock');
export const LOGGER = Symbol('logger');
export const METRICS = Symbol('metrics');
export const REDIS = Symbol('redis connection');
export const HASHES = Symbol('reads of hashes');
export const PLAN = Symbol('plan watcher');
export const OFFSETS = Symbol('committed offsets');
export const ROWS = Symbol('pushed rows');
export const GATE = Symbol('read gate');
export const WAITS = Symbol('gate of reads that wait for a position');
