import type { JSX } from 'preact';

/** Shown only after a moment (page.css), so that fast answers do not flicker. */
export function Loading({ what }: { readonly what: string }): JSX.Element {
  return (
    <p class="loading" role="status">
      Reading {what} …
    </p>
  );
}
