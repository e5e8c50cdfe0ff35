import type { JSX } from 'preact';
import type { ApiFault } from '../api/fault.js';

interface FaultNoticeProps {
  readonly fault: ApiFault;
  /** What is on show is older than the fault. */
  readonly isStale?: boolean;
  readonly onAgain: () => void;
}

/** What went wrong, in the api's own words, and what happens next. */
export function FaultNotice({ fault, isStale = false, onAgain }: FaultNoticeProps): JSX.Element {
  return (
    <div class={fault.isTemporary ? 'notice warn' : 'notice bad'} role="alert">
      <div>
        <strong>{fault.title}</strong>
        {fault.message !== '' && <p>{fault.message}</p>}
        <p class="note">
          <code>{fault.code}</code>
          {isStale && ' · What you see was read before'}
          {fault.isTemporary && ' · Trying again by itself'}
        </p>
      </div>
      <button type="button" onClick={onAgain}>
        Try now
      </button>
    </div>
  );
}
