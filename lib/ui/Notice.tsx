import type { ComponentChildren } from 'preact';

interface Props {
  text: string;
  tone?: 'bad';
  /** What can be done about it. */
  children?: ComponentChildren;
}

/** Something that the extension has noticed. */
export function Notice({ text, tone, children }: Props) {
  return (
    <div class={tone ? `notice ${tone}` : 'notice'}>
      <p>{text}</p>
      {children}
    </div>
  );
}
