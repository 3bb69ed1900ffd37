export type Mark = 'busy' | 'done' | 'failed' | 'question';

const strokes = {
  busy: 'M12 12h.01',
  done: 'm7.5 12.5 3 3 6-7',
  failed: 'M12 7v5.5M12 16.5h.01',
  question: 'M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2q-1.1.6-1.1 1.8M12 16.8h.01',
} satisfies Record<Mark, string>;

/** Repeats what the headline beside it says. */
export function MarkIcon({ mark }: { mark: Mark }) {
  return (
    <svg class={`mark ${mark}`} viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="11" />
      <path d={strokes[mark]} />
    </svg>
  );
}
