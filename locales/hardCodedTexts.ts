import { type ESTree, parseSync, Visitor } from 'vite';

/** What people read or hear of an element besides its content. */
const READ_ALOUD = /^(aria-(label|description|roledescription|valuetext|placeholder)|title|placeholder|alt|label)$/;

/**
 * The texts of a source file that a user would see in one language only: what JSX shows, attributes that are read, and
 * every other string that begins as a sentence does. URLs, which are examples, are in no language.
 */
export function hardCodedTexts(file: string, source: string): string[] {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const found = new Set<string>();
  const note = (text: string) => {
    if (/\p{L}/u.test(text) && !/^https?:\/\/\S+$/.test(text)) found.add(text.trim());
  };
  const noteShown = (shown: ESTree.Node | null | undefined) => literalsShown(shown).forEach(note);

  new Visitor({
    JSXText: ({ value }) => note(value),
    JSXElement: ({ children }) => children.forEach(noteShown),
    JSXFragment: ({ children }) => children.forEach(noteShown),
    JSXAttribute({ name, value }) {
      if (name.type === 'JSXIdentifier' && READ_ALOUD.test(name.name)) noteShown(value);
    },
    Literal({ value }) {
      if (typeof value === 'string' && /^\p{Lu}\p{Ll}/u.test(value)) note(value);
    },
    TemplateLiteral({ quasis }) {
      const text = quasis.map(({ value }) => value.cooked).join('');
      if (/^\s*\p{Lu}\p{Ll}|\p{L} \p{L}/u.test(text)) note(text);
    },
  }).visit(program);
  return [...found];
}

/** The strings that an expression may come to, as far as it holds them itself. */
function literalsShown(node: ESTree.Node | null | undefined): string[] {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : [];
    case 'TemplateLiteral':
      return node.quasis.map(({ value }) => value.cooked ?? '');
    case 'JSXExpressionContainer':
    case 'ParenthesizedExpression':
      return literalsShown(node.expression);
    case 'ConditionalExpression':
      return [...literalsShown(node.consequent), ...literalsShown(node.alternate)];
    case 'BinaryExpression':
      return node.operator === '+' ? [...literalsShown(node.left), ...literalsShown(node.right)] : [];
    case 'LogicalExpression':
      return [...literalsShown(node.left), ...literalsShown(node.right)];
    default:
      return [];
  }
}
