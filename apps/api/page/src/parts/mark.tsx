import type { JSX } from 'preact';

/** The wheel and the water under it. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="13" r="8.5" />
      <path d="M16 1.6v22.8M4.6 13h22.8M8 5l16 16M24 5 8 21" />
      <path d="M2 29c3.5-3 7-3 10.5 0s7 3 10.5 0c2.4-2 4.7-2.7 7-2" />
    </svg>
  );
}
