import type { SignInView } from '@/lib/sign-in/signIn';
import { CopyReport } from '@/lib/ui/CopyReport';
import { type Explained, TroubleshootingLink } from '@/lib/ui/TroubleshootingLink';

/** For whom the next step was not enough: where it is explained, and what to ask with. */
export function Help({ about, signIn }: { about: Explained; signIn?: SignInView }) {
  return (
    <section class="help">
      <TroubleshootingLink about={about} />
      {signIn ? <CopyReport signIn={signIn} /> : <CopyReport />}
    </section>
  );
}
