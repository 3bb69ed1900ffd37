/**
 * The rooms of lib, from the top: a room may use what stands below it, and nothing above. `npm run check:rooms` holds the
 * code to that, types included, and to having no circle of files. What each room is for: docs/architecture.md.
 */
const rooms = [
  'ui/',
  'messages',
  'sign-in/',
  'delivery/',
  'methods/',
  'opencode/',
  'servers/',
  'storage',
  'browser/',
  'oauth/',
];
const places = ['^(@/)?entrypoints/', ...rooms.map((room) => `^lib/${room}`)];

export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'in-a-room', severity: 'error', from: { path: '^lib/', pathNot: places }, to: {} },
    // An alias would hide where an arrow leads.
    { name: 'by-relative-path', severity: 'error', from: { path: '^lib/' }, to: { path: '^@/' } },
    ...places.slice(1).map((place, index) => ({
      name: `${rooms[index]} only downwards`,
      severity: 'error',
      from: { path: place },
      to: { path: places.slice(0, index + 1) },
    })),
  ],
  // TypeScript 7 has no API to parse with yet, so swc does it. It shows imports of types, too.
  options: { parser: 'swc', doNotFollow: { path: 'node_modules' } },
};
