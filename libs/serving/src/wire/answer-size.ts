import { MillraceError } from '@millrace/core';

const MIB = 1_024 * 1_024;

/**
 * Of one body. Rows and features are bounded, but not how long the lists and texts are that they hold, nor how often a
 * request names the entity that has the longest. Beyond half a gigabyte V8 has no text, and 256 MiB take a second.
 */
export const ANSWER_BYTES_MAX = 256 * MIB;

/** @throws MillraceError TOO_MANY_ENTITIES for an answer of so many bytes, or characters. */
export function checkAnswerSize(length: number): void {
  if (length <= ANSWER_BYTES_MAX) return;
  throw new MillraceError(
    'TOO_MANY_ENTITIES',
    `the answer is longer than ${ANSWER_BYTES_MAX / MIB} MiB: ask for fewer entities, or fewer lists and long texts`,
    { allowed: ANSWER_BYTES_MAX },
  );
}
