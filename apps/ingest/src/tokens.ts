/** Injection tokens: everything here is injected by name, nothing by reflected type. */
export const CONFIG = Symbol('ingest config');
export const LOGGER = Symbol('logger');
export const METRICS = Symbol('metrics');
export const REDIS = Symbol('redis connection');
export const PLAN = Symbol('plan watcher');
export const DISPATCHER = Symbol('turn dispatcher');
export const INTAKE = Symbol('intake');
export const INGEST_METRICS = Symbol('ingest metrics');
export const TRACING = Symbol('tracing, or undefined');
