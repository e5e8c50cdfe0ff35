import { integerVariable } from '@millrace/core';
import { EVENT_LOG_LIMITS, type MailboxLimits } from './event-log.js';

/** The limits of mailboxes, for the apps that append: ingest, and the api, which replays dead letters. */
export const MAILBOX_VARIABLES = {
  MILLRACE_MAILBOX_FRAMES_MAX: integerVariable('Frames in a mailbox before requests get 429', {
    min: 1,
    max: 10_000_000,
    fallback: EVENT_LOG_LIMITS.mailboxFrames,
  }),
  MILLRACE_MAILBOX_BYTES_MAX: integerVariable('Bytes in a mailbox before requests get 429', {
    min: 1_024,
    max: 4_096 * 1024 * 1024,
    fallback: EVENT_LOG_LIMITS.mailboxBytes,
  }),
} as const;

export function mailboxLimitsOf(values: {
  readonly MILLRACE_MAILBOX_FRAMES_MAX: number;
  readonly MILLRACE_MAILBOX_BYTES_MAX: number;
}): MailboxLimits {
  return {
    mailboxFrames: values.MILLRACE_MAILBOX_FRAMES_MAX,
    mailboxBytes: values.MILLRACE_MAILBOX_BYTES_MAX,
  };
}
