import { callbackStates } from './callback.ts';
import { optionsStates } from './options.ts';
import { popupStates } from './popup.ts';
import type { State } from './scene.ts';
import { welcomeStates } from './welcome.ts';

/** Every state of the extension's pages that people see. */
export const states: State[] = [...popupStates, ...callbackStates, ...welcomeStates, ...optionsStates];

/** A name for files. */
export function fileNameOf({ page, name }: State): string {
  return `${page}-${name.replaceAll(/\W+/g, '-')}`;
}
