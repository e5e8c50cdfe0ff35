/** Injection tokens of what is noted about answers. */
export const USAGE = Symbol('served usage of this process');
export const USAGE_STORE = Symbol('served usage of all processes');
export const USAGE_FLUSH = Symbol('usage flush');
export const SAMPLES = Symbol('served samples');
