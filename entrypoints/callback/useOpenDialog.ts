import { useEffect, useState } from 'preact/hooks';
import { closeCodeDialog } from '@/lib/methods/codeDialog';
import type { SignInView } from '@/lib/sign-in/signIn';

/**
 * After the success of a sign-in whose code opencode's web UI has asked for in a dialog: closes that, which waits for a code
 * that is spent.
 * @returns whether it is still open; undefined while that is not known
 */
export function useOpenDialog(signIn: SignInView | 'unknown' | undefined): boolean | undefined {
  const [isOpen, setOpen] = useState<boolean>();
  const completed = signIn !== 'unknown' && signIn?.phase === 'completed' ? signIn : undefined;
  const server = completed?.server;
  const isFromDialog = completed?.target.kind === 'provider' && completed.target.takes && !completed.canStartAgain;

  useEffect(() => {
    if (!server) return;
    if (!isFromDialog) return setOpen(false);
    void closeCodeDialog(server).then(setOpen);
  }, [server, isFromDialog]);
  return isOpen;
}
