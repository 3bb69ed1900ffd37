import type { ComponentChildren } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { i18n } from '#i18n';
import { PageHeader } from '@/lib/ui/PageHeader';
import { type Mark, MarkIcon } from './MarkIcon';

export type PagePhase = 'captured' | 'delivering' | 'completed' | 'failed';

interface Props {
  /** Also `document.documentElement.dataset.phase`, which other people's scripts rely on. */
  phase: PagePhase;
  server?: string | undefined;
  title: string;
  detail?: string | undefined;
  next: string;
  /** Whether the user is asked something: nothing goes on, and nothing has failed. */
  isQuestion?: boolean | undefined;
  children?: ComponentChildren;
}

const marks = {
  captured: 'busy',
  delivering: 'busy',
  completed: 'done',
  failed: 'failed',
} satisfies Record<PagePhase, Mark>;

/** What every state of the capture page has: whose it is, what happened, and what comes next. */
export function PageFrame({ phase, server, title, detail, next, isQuestion, children }: Props) {
  // With what is shown: whoever reads the phase finds its words.
  useLayoutEffect(() => {
    document.documentElement.dataset.phase = phase;
    document.title = `${title} · ${i18n.t('extension.name')}`;
  }, [phase, title]);

  return (
    <>
      <PageHeader>{server && <span class="server">{server}</span>}</PageHeader>
      <div role="status">
        <h1>
          <MarkIcon mark={isQuestion ? 'question' : marks[phase]} />
          {title}
        </h1>
        {detail && <p class="quiet">{detail}</p>}
        <p>{next}</p>
      </div>
      {children}
    </>
  );
}
