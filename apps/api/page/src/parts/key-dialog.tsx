import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface KeyDialogProps {
  /** A key was given before, and the api did not take it. */
  readonly wasRefused: boolean;
  readonly onKey: (key: string) => void;
}

/** Asks for the access key that the api answered 401 without. */
export function KeyDialog({ wasRefused, onKey }: KeyDialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [key, setKey] = useState('');
  // Modal: the browser keeps the focus inside and gives it back afterwards.
  useEffect(() => dialog.current?.showModal(), []);

  const submit = (event: Event): void => {
    event.preventDefault();
    if (key.trim() !== '') onKey(key.trim());
  };
  return (
    <dialog ref={dialog} aria-labelledby="key-title" onCancel={(event) => event.preventDefault()}>
      <form onSubmit={submit}>
        <h2 id="key-title">This api asks for a key</h2>
        {wasRefused && (
          <p class="input-fault" role="alert">
            The api did not accept that key. It may be expired or revoked.
          </p>
        )}
        <label class="field">
          <span>Access key</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <p class="note">It stays in this tab, until the tab is closed.</p>
        <button type="submit" class="main" disabled={key.trim() === ''}>
          Use this key
        </button>
      </form>
    </dialog>
  );
}
