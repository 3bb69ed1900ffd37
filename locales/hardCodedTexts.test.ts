import { expect, it } from 'vitest';
import { hardCodedTexts } from './hardCodedTexts';

it.each([
  ['<p>Add a server</p>', 'Add a server'],
  ['<p>{count} servers</p>', 'servers'],
  ['<>{"Saved"}</>', 'Saved'],
  ["<p>{isOpen ? 'less' : 'more'}</p>", 'less, more'],
  [`<p>{isOpen && \`\${count} left\`}</p>`, 'left'],
  ["<p>{'about ' + name}</p>", 'about'],
  ['<button aria-label="More">⋯</button>', 'More'],
  ["<img alt={isOn ? 'on' : ''} />", 'on'],
  ['<input placeholder="Your server" />', 'Your server'],
  ["say({ text: 'Saved.', tone: 'good' })", 'Saved.'],
  [`document.title = \`\${title} in Callback Courier\``, 'in Callback Courier'],
])('%s says something in one language only', (source, text) => {
  expect(hardCodedTexts('page.tsx', source).join(', ')).toBe(text);
});

it.each([
  ["<p class='quiet good'>{i18n.t('popup.saved')}</p>"],
  ["<p>{check?.kind === 'found' && <Found at={url} />} · {'×'}</p>"],
  ["<button aria-label={i18n.t(isOpen ? 'popup.less' : 'popup.more', [name])}>⋯</button>"],
  ['<img src="/icons/48.png" alt="" />'],
  ['<input placeholder="https://opencode.example.com" />'],
  [`import { render } from 'preact'; const url = \`/callback.html#\${id}\`;`],
])('%s does not', (source) => {
  expect(hardCodedTexts('page.tsx', source)).toEqual([]);
});
