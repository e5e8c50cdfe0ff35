/** Injection tokens of the operations routes. */
export const PARTITION_REPORTS = Symbol('partition reports');
export const DISPATCHER = Symbol('turn dispatcher');
export const DEAD_LETTERS = Symbol('dead letters');
export const PROCESSES = Symbol('process register');
export const CATCH_UPS = Symbol('catch-up of a group');
