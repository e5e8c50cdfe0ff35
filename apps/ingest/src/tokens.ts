/** Injection tokens: everything here is injected by name, nothing by reflected type. */
export const CONFIG = Symbol('ingest config');
export const PLAN = Symbol('plan watcher');
export const INTAKE = Symbol('intake');
export const INGEST_METRICS = Symbol('ingest metrics');
