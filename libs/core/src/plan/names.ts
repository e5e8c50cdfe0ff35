import type { FaultSink } from './definition-fault.js';

/**
 * Letters, digits and underscores: names stand in CEL, in Redis keys (`{customer.17}`) and in references such
 * as `group@2:feature`, and must not need quoting in any of them.
 */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LONGEST_NAME = 128;
/** Members that every JavaScript object has: rows and answers are objects with these names as members. */
const RESERVED: readonly string[] = ['__proto__', 'constructor', 'prototype'];

export function checkName(name: string, faults: FaultSink): boolean {
  if (RESERVED.includes(name)) {
    faults.report('NAME', `the name "${name}" is reserved`, { found: name });
    return false;
  }
  if (NAME.test(name) && name.length <= LONGEST_NAME) return true;
  faults.report(
    'NAME',
    `a name has letters, digits and underscores, starts with no digit and is at most ${LONGEST_NAME} long, got "${name}"`,
    { found: name },
  );
  return false;
}
