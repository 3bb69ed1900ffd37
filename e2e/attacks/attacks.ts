/** Everything that a hostile server is made to try: each is a row of docs/reliability-hostile-*.md. */
import { answerAttacks } from './answers.ts';
import type { Attack } from './attack.ts';
import { eventAttacks } from './events.ts';
import { floodAttacks } from './floods.ts';
import { nameAttacks } from './names.ts';
import { outcomeAttacks } from './outcomes.ts';
import { pageAttacks } from './pages.ts';
import { redirectUriAttacks } from './redirectUris.ts';
import { urlAttacks } from './urls.ts';

export const attacks: Attack[] = [
  ...urlAttacks.map(ofBrowser),
  ...redirectUriAttacks.map(ofBrowser),
  ...eventAttacks,
  ...floodAttacks,
  ...nameAttacks,
  ...answerAttacks,
  ...pageAttacks.map(ofBrowser),
  ...outcomeAttacks.map(ofBrowser),
];

function ofBrowser(attack: Attack): Attack {
  return { ...attack, ofBrowser: true };
}
