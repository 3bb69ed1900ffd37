import type { ComponentChildren } from 'preact';

/** The three pictures repeat what the sentences beside them say. */
function Picture({ children }: { children: ComponentChildren }) {
  return (
    <svg
      viewBox="0 0 160 96"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      {children}
    </svg>
  );
}

/** A browser window with a field and a button: the user logs in. */
export function LoginPicture() {
  return (
    <Picture>
      <rect x="24" y="12" width="112" height="72" rx="8" />
      <path d="M24 28h112" />
      <path d="M33 20h.01M41 20h.01M49 20h.01" stroke-width="4" />
      <rect x="52" y="40" width="56" height="12" rx="3" />
      <rect class="accent" x="52" y="60" width="56" height="14" rx="4" stroke="none" />
    </Picture>
  );
}

/** An answer on its way to this computer, caught in front of it. */
export function CatchPicture() {
  return (
    <Picture>
      <rect x="88" y="20" width="56" height="38" rx="4" />
      <path d="M80 72h72M104 58v14M128 58v14" />
      <path class="accent-line" d="M12 40h28m-8-7 8 7-8 7" />
      <path class="accent-line" d="M58 20v40" stroke-width="4" />
      <path d="M70 40h10" stroke-dasharray="3 5" />
    </Picture>
  );
}

/** The answer at the server, which says that all is well. */
export function DeliverPicture() {
  return (
    <Picture>
      <rect x="84" y="14" width="60" height="20" rx="4" />
      <rect x="84" y="38" width="60" height="20" rx="4" />
      <rect x="84" y="62" width="60" height="20" rx="4" />
      <path d="M94 24h.01M94 48h.01M94 72h.01" stroke-width="4" />
      <path class="accent-line" d="M12 48h58m-8-7 8 7-8 7" />
      <path class="accent-line" d="m120 72 5 5 10-11" stroke-width="3" />
    </Picture>
  );
}
