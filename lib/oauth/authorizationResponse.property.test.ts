import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthorizationResponse } from './authorizationResponse';
import type { LoopbackRedirectUri } from './loopbackRedirectUri';

const base = 'http://localhost:1455/auth/callback';
/** Its letters have look-alikes, which normalization makes equal: K and the Kelvin sign, s and the long s. */
const state = 'Kits-7';
const rest = '/auth/callback?code=ac_1&state=Kits-7';
const valid = `http://localhost:1455${rest}`;

const ofHost = (host: string) => `http://${host}:1455${rest}`;
const ofPort = (port: string) => `http://localhost${port}${rest}`;
const ofPath = (path: string) => `http://localhost:1455${path}?code=ac_1&state=Kits-7`;
const ofQuery = (query: string) => `${base}?${query}`;
const ofState = (value: string) => ofQuery(`code=ac_1&state=${value}`);
const ofStateName = (name: string) => ofQuery(`code=ac_1&${name}=Kits-7`);
const ofCode = (value: string) => ofQuery(`code=${value}&state=Kits-7`);
const ofCodeName = (name: string) => ofQuery(`${name}=ac_1&state=Kits-7`);

/** URLs that somebody chose in order to be taken for the response, by what is wrong with them. */
const hostile: Record<string, string[]> = {
  'another scheme': [
    valid.replace('http:', 'https:'),
    valid.replace('http:', 'ws:'),
    valid.replace('http:', 'ftp:'),
    valid.replace('http:', 'file:'),
    valid.replace('http:', 'javascript:'),
    valid.replace('http:', 'chrome-extension:'),
    valid.replace('http:', 'hxxp:'),
    valid.replace('http:', ''),
    valid.replace('http://', ''),
    `view-source:${valid}`,
    `blob:${valid}`,
    `data:text/html,${valid}`,
    `javascript:location='${valid}'`,
    `about:blank?${valid}`,
  ],
  'a spelling that a browser rewrites': [
    valid.replace('http', 'HTTP'),
    valid.replace('http', 'Http'),
    valid.replace('http', 'ht\ntp'),
    valid.replace('http:', 'http%3A'),
    valid.replace('://', ':'),
    valid.replace('://', ':/'),
    valid.replace('://', ':///'),
    valid.replace('://', ':\\\\'),
    valid.replace('://', ':/\\'),
    valid.replace('://', ':/\t/'),
    valid.replaceAll('/', '\\'),
  ],
  userinfo: [
    ofHost('a@localhost'),
    ofHost('a:b@localhost'),
    ofHost('@localhost'),
    ofHost(':@localhost'),
    ofHost('%00@localhost'),
    ofHost('localhost@localhost'),
    ofHost('localhost:1455@localhost'),
    ofHost('localhost:1455@evil.example'),
    ofHost('localhost%3A1455@evil.example'),
    ofHost('localhost:1455%2F@evil.example'),
    ofHost('localhost:1455\\@evil.example'),
    ofHost('localhost:1455#@evil.example'),
    ofHost('a@b@localhost'),
    `http://localhost:1455@evil.example${rest}`,
    `http://localhost:1455/auth/callback@evil.example/?code=ac_1&state=Kits-7`,
  ],
  'another host': [
    ofHost('localhost.'),
    ofHost('localhost..'),
    ofHost('.localhost'),
    ofHost('LOCALHOST'),
    ofHost('Localhost'),
    ofHost('localhosT'),
    ofHost('localhos'),
    ofHost('localhostt'),
    ofHost('foo.localhost'),
    ofHost('localhost.localhost'),
    ofHost('localhost.localdomain'),
    ofHost('localhost6'),
    ofHost('localhost.evil.example'),
    ofHost('localhost%2eevil.example'),
    ofHost('localhost%00.evil.example'),
    ofHost('localhost%2F.evil.example'),
    ofHost('evil.example'),
    ofHost('lvh.me'),
    ofHost('loc%61lhost'),
    ofHost('local host'),
    ofHost('localhost%20'),
    ofHost(''),
    ofHost('*'),
  ],
  'an IDN or a homograph': [
    ofHost('loc\u0430lhost'),
    ofHost('l\u03bfcalhost'),
    ofHost('l\u043ecalhost'),
    ofHost('localho\u017ft'),
    ofHost('\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54'),
    ofHost('\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3'),
    ofHost('1ocalhost'),
    ofHost('Iocalhost'),
    ofHost('localhost\u3002'),
    ofHost('localhost\uff0eevil.example'),
    ofHost('local\u00adhost'),
    ofHost('local\u200bhost'),
    ofHost('localhost\u0301'),
    ofHost('\u202elocalhost'),
    ofHost('\ufefflocalhost'),
    ofHost('xn--loclhost-9of'),
    ofHost('xn--localhost-'),
  ],
  'an address': [
    ofHost('127.0.0.1'),
    ofHost('127.1'),
    ofHost('127.0.1'),
    ofHost('127.0.0.1.'),
    ofHost('127.000.000.001'),
    ofHost('0x7f.1'),
    ofHost('0x7f.0x0.0x0.0x1'),
    ofHost('0x7f000001'),
    ofHost('0X7F.1'),
    ofHost('0177.1'),
    ofHost('0177.0.0.01'),
    ofHost('017700000001'),
    ofHost('2130706433'),
    ofHost('6425673729'),
    ofHost('127.0.0.2'),
    ofHost('127.255.255.254'),
    ofHost('0.0.0.0'),
    ofHost('0'),
    ofHost('\uff11\uff12\uff17.0.0.1'),
    ofHost('127\u30020.0.1'),
    ofHost('[::1]'),
    ofHost('[0:0:0:0:0:0:0:1]'),
    ofHost('[0000:0000:0000:0000:0000:0000:0000:0001]'),
    ofHost('[::0001]'),
    ofHost('[::]'),
    ofHost('[::127.0.0.1]'),
    ofHost('[::ffff:127.0.0.1]'),
    ofHost('[::ffff:7f00:1]'),
    ofHost('[::1%25lo]'),
    ofHost('[::1%lo]'),
    ofHost('[localhost]'),
    ofHost('::1'),
  ],
  'another port': [
    ofPort(''),
    ofPort(':'),
    ofPort(':80'),
    ofPort(':0'),
    ofPort(':1454'),
    ofPort(':1456'),
    ofPort(':145'),
    ofPort(':14555'),
    ofPort(':01455'),
    ofPort(':+1455'),
    ofPort(':-1455'),
    ofPort(':1455.0'),
    ofPort(':0x5af'),
    // 1455 in 16 bits.
    ofPort(':66991'),
    ofPort(':1455:1455'),
    ofPort(':80:1455'),
    ofPort('::1455'),
    ofPort(': 1455'),
    ofPort(':1455 '),
    ofPort(':1455%20'),
    ofPort(':\uff11\uff14\uff15\uff15'),
    ofPort('%3A1455'),
    ofPort(':1455,80'),
  ],
  'another path': [
    ofPath(''),
    ofPath('/'),
    ofPath('/auth'),
    ofPath('/callback'),
    ofPath('/auth/'),
    ofPath('/auth/callback/'),
    ofPath('/auth/callback//'),
    ofPath('//auth/callback'),
    ofPath('/auth//callback'),
    ofPath('/./auth/callback'),
    ofPath('/auth/./callback'),
    ofPath('/auth/callback/.'),
    ofPath('/auth/callback/x/..'),
    ofPath('/auth/../auth/callback'),
    ofPath('/x/../auth/callback'),
    ofPath('/auth/%2e/callback'),
    ofPath('/x/%2E%2e/auth/callback'),
    ofPath('/auth%2Fcallback'),
    ofPath('/auth%5Ccallback'),
    ofPath('/auth\\callback'),
    ofPath('\\auth\\callback'),
    ofPath('/Auth/Callback'),
    ofPath('/auth/CALLBACK'),
    ofPath('/auth/c%61llback'),
    ofPath('/auth/callbac'),
    ofPath('/auth/callbackk'),
    ofPath('/auth/callback.html'),
    ofPath('/auth/callback%20'),
    ofPath('/auth/callback%00'),
    ofPath('/auth/callback%3F'),
    ofPath('/auth/callback%23'),
    ofPath('/auth/callback '),
    ofPath('/auth/call\tback'),
    ofPath('/auth/callb\u0430ck'),
    ofPath('/auth/callback\u00a0'),
    ofPath('/auth/callback/callback'),
    ofPath('/auth/callback/auth/callback'),
    ofPath('/success'),
    ofPath('/cancel'),
  ],
  'matrix parameters': [
    ofPath('/auth/callback;'),
    ofPath('/auth/callback;x=1'),
    ofPath('/auth;x=1/callback'),
    ofPath('/auth/callback;jsessionid=1'),
    `${base};code=ac_1;state=Kits-7`,
    `${base};code=ac_1?state=Kits-7`,
    `${base};state=Kits-7?code=ac_1`,
  ],
  'no query, or a question mark that is none': [
    base,
    `${base}?`,
    `${base}??`,
    `${base}code=ac_1&state=Kits-7`,
    `${base}&code=ac_1&state=Kits-7`,
    `${base}%3Fcode=ac_1&state=Kits-7`,
    `${base}\uff1fcode=ac_1&state=Kits-7`,
    `${base}/code=ac_1&state=Kits-7`,
    ofQuery('&'),
    ofQuery('='),
    ofQuery('&&&&'),
    ofQuery('Kits-7'),
  ],
  // A server reads the name of the first parameter with the question mark in it.
  'a second question mark': [
    ofQuery('?code=ac_1&state=Kits-7'),
    ofQuery('?state=Kits-7&code=ac_1'),
    ofQuery('?error=access_denied&state=Kits-7'),
    ofQuery('??code=ac_1&state=Kits-7'),
    ofQuery('code=ac_1?state=Kits-7'),
    ofQuery('code=ac_1&?state=Kits-7'),
    ofQuery('code=ac_1&state=Kits-7?'),
    ofQuery('%3Fcode=ac_1&state=Kits-7'),
  ],
  'another state': [
    ofState('kits-7'),
    ofState('KITS-7'),
    ofState('kITS-7'),
    ofState('Kits-'),
    ofState('its-7'),
    ofState('K'),
    ofState('Kits-77'),
    ofState('Kits-7x'),
    ofState('xKits-7'),
    ofState('Kits-7Kits-7'),
    ofState('7-stiK'),
    ofState('Kits_7'),
    ofState('Kits%2D8'),
    ofState('Kits'),
    ofState('Kits-7,Kits-7'),
    ofState('.*'),
    ofState('*'),
    ofState('undefined'),
    ofState('null'),
    ofState('true'),
    ofState("'Kits-7'"),
    ofState('%22Kits-7%22'),
    ofState('%5B%22Kits-7%22%5D'),
    ofState('=Kits-7'),
    ofState('Kits-7='),
    ofState('%3DKits-7'),
    ofState('Kits-7%3D'),
    ofState('Kits-7%26'),
    ofState('Kits-7;'),
    ofState('Kits-7/'),
    ofState('Kits-7%23'),
    ofState('%254Bits-7'),
    ofState('&#75;its-7'),
    ofState('\\u004bits-7'),
    ofState('%u004Bits-7'),
  ],
  'a state with white space or control characters': [
    ofState('+Kits-7'),
    ofState('Kits-7+'),
    ofState('%20Kits-7'),
    ofState('Kits-7%20'),
    ofState('Kits+7'),
    ofState('Kits%2B7'),
    ofState('Kits-7%00'),
    ofState('%00Kits-7'),
    ofState('Ki%00ts-7'),
    ofState('Kits-7%0A'),
    ofState('Kits-7%0D%0A'),
    ofState('%09Kits-7'),
    ofState('Kits-7%7F'),
    ofState('Kits-7%08'),
    ofState(' Kits-7'),
  ],
  'a state that is equal only after normalization': [
    // Kelvin sign, long s, dotless i, fullwidth, hyphens, combining mark, zero-width space, byte order mark.
    ofState('%E2%84%AAits-7'),
    ofState('Kit%C5%BF-7'),
    ofState('K%C4%B1ts-7'),
    ofState('%EF%BC%ABits-7'),
    ofState('Kits-%EF%BC%97'),
    ofState('Kits%E2%80%907'),
    ofState('Kits%C2%AD-7'),
    ofState('Kits-7%CC%81'),
    ofState('Kits-7%E2%80%8B'),
    ofState('%EF%BB%BFKits-7'),
    // The same look-alikes, not encoded, and a K in more bytes than UTF-8 allows.
    ofState('\u212aits-7'),
    ofState('Kit\u017f-7'),
    ofState('\uff2bits-7'),
    ofState('Kits-7\u200b'),
    ofState('\ufeffKits-7'),
    ofState('%C1%8Bits-7'),
    ofState('%E0%81%8Bits-7'),
    ofState('Kits-7%FF'),
  ],
  'no state': [
    ofQuery('code=ac_1'),
    ofQuery('code=ac_1&state'),
    ofQuery('code=ac_1&state='),
    ofQuery('code=ac_1&state=%00'),
    ofQuery('code=ac_1&=Kits-7'),
    ofQuery('code=ac_1&Kits-7'),
    ofQuery('code=ac_1&state&Kits-7'),
    ofQuery('code=ac_1&state=&Kits-7'),
    ofQuery('code=Kits-7'),
    ofQuery('error=access_denied'),
    // Swapped.
    ofQuery('code=Kits-7&state=ac_1'),
  ],
  'another name for the state': [
    ofStateName('State'),
    ofStateName('STATE'),
    ofStateName('statE'),
    ofStateName('states'),
    ofStateName('stat'),
    ofStateName('xstate'),
    ofStateName('state_'),
    ofStateName('state.'),
    ofStateName('state:'),
    ofStateName('state;'),
    ofStateName('state[]'),
    ofStateName('state[0]'),
    ofStateName('state%5B%5D'),
    ofStateName('state%5B0%5D'),
    ofStateName('state%5Bstate%5D'),
    ofStateName('state+'),
    ofStateName('+state'),
    ofStateName('state%20'),
    ofStateName('%20state'),
    ofStateName('state%00'),
    ofStateName('state%0A'),
    ofStateName('state%3D'),
    ofStateName('state%26'),
    ofStateName('%2573tate'),
    ofStateName('stat%D0%B5'),
    ofStateName('%EF%BB%BFstate'),
    ofStateName('%C5%BFtate'),
    ofStateName('$state'),
    ofStateName('query.state'),
  ],
  'another name for the code': [
    ofCodeName('Code'),
    ofCodeName('CODE'),
    ofCodeName('codes'),
    ofCodeName('xcode'),
    ofCodeName('code[]'),
    ofCodeName('code%5B%5D'),
    ofCodeName('code%5B0%5D'),
    ofCodeName('code+'),
    ofCodeName('%20code'),
    ofCodeName('code%00'),
    ofCodeName('c%D0%BEde'),
    ofCodeName('%2563ode'),
    ofCodeName('Error'),
    ofCodeName('errors'),
    ofCodeName('error_description'),
    ofCodeName('error%5B%5D'),
    ofCodeName('access_token'),
    ofCodeName('id_token'),
  ],
  'a parameter that is there twice': [
    ofQuery('code=ac_1&state=Kits-7&state=Kits-7'),
    ofQuery('code=ac_1&state=Kits-7&state=other'),
    ofQuery('code=ac_1&state=other&state=Kits-7'),
    ofQuery('state=Kits-7&code=ac_1&state=Kits-7'),
    ofQuery('code=ac_1&state=Kits-7&state='),
    ofQuery('code=ac_1&state=Kits-7&state'),
    ofQuery('state&code=ac_1&state=Kits-7'),
    ofQuery('code=ac_1&state=Kits-7&%73tate=Kits-7'),
    ofQuery('code=ac_1&state=Kits-7&stat%65=other'),
    ofQuery('code=ac_1&state=Kits-7&state=Kits-7&state=Kits-7'),
    ofQuery('code=ac_1&code=ac_1&state=Kits-7'),
    ofQuery('code=ac_1&code=ac_2&state=Kits-7'),
    ofQuery('code=ac_1&state=Kits-7&code=ac_2'),
    ofQuery('code=ac_1&code=&state=Kits-7'),
    ofQuery('code&code=ac_1&state=Kits-7'),
    ofQuery('code=ac_1&%63ode=ac_2&state=Kits-7'),
    ofQuery('code=ac_1&error=access_denied&state=Kits-7'),
    ofQuery('error=access_denied&code=ac_1&state=Kits-7'),
    ofQuery('code=ac_1&error=&state=Kits-7'),
    ofQuery('code=ac_1&error&state=Kits-7'),
    ofQuery('code=&error=access_denied&state=Kits-7'),
    ofQuery('code=ac_1&%65rror=x&state=Kits-7'),
    ofQuery('error=a&error=b&state=Kits-7'),
    `${valid}&${valid}`,
    `${valid}${valid}`,
    `${valid}?code=ac_1&state=Kits-7`,
  ],
  'a separator that is none': [
    ofQuery('code=ac_1%26state=Kits-7'),
    ofQuery('code=ac_1%26state%3DKits-7'),
    ofQuery('code=ac_1&state%3DKits-7'),
    ofQuery('code%3Dac_1&state=Kits-7'),
    ofQuery('code%3Dac_1%26state%3DKits-7'),
    ofQuery('code=ac_1%2526state=Kits-7'),
    ofQuery('code=ac_1;state=Kits-7'),
    ofQuery('code=ac_1%3Bstate=Kits-7'),
    ofQuery('code=ac_1&amp;state=Kits-7'),
    ofQuery('code=ac_1&#38;state=Kits-7'),
    ofQuery('code=ac_1,state=Kits-7'),
    ofQuery('code=ac_1|state=Kits-7'),
    ofQuery('code=ac_1/state=Kits-7'),
    ofQuery('code=ac_1+state=Kits-7'),
    ofQuery('code=ac_1%20state=Kits-7'),
    ofQuery('code=ac_1%0Astate=Kits-7'),
    ofQuery('code=ac_1%00state=Kits-7'),
    ofQuery('code=ac_1\nstate=Kits-7'),
    ofQuery('code=ac_1 state=Kits-7'),
    ofQuery('code=ac_1\uff06state=Kits-7'),
    ofQuery('code=ac_1&state\uff1dKits-7'),
    ofQuery('code=ac_1&state:Kits-7'),
    ofQuery('code:ac_1&state=Kits-7'),
    ofQuery('state=Kits-7;code=ac_1'),
    ofQuery('state=Kits-7%26code=ac_1'),
    ofQuery('{"code":"ac_1","state":"Kits-7"}'),
  ],
  'a code that is none': [
    ofQuery('state=Kits-7'),
    ofQuery('code&state=Kits-7'),
    ofCode(''),
    ofCode('%00'),
    ofCode('ac_1%00'),
    ofCode('%0A'),
    ofCode('ac_1%0A'),
    ofCode('ac_1%0D%0Ax:%20y'),
    ofCode('ac%091'),
    ofCode('ac_1%7F'),
    ofCode('ac_1%1B[0m'),
    ofCode('%C3%A9'),
    ofCode('%C2%A0'),
    ofCode('%E2%80%8B'),
    ofCode('%EF%BB%BFac_1'),
    ofCode('%F0%9F%94%91'),
    ofCode('%C2%85'),
    ofQuery('error=&state=Kits-7'),
    ofQuery('error&state=Kits-7'),
    ofQuery('error=a%00b&state=Kits-7'),
    ofQuery('error=%0Aaccess_denied&state=Kits-7'),
  ],
  'a percent sign that encodes nothing, or no UTF-8': [
    ofCode('%'),
    ofCode('ac_1%'),
    ofCode('%2'),
    ofCode('%GG'),
    ofCode('%0x41'),
    ofCode('%u0041'),
    ofCode('% 41'),
    ofCode('%\uff14\uff11'),
    ofCode('%FF'),
    ofCode('%C3'),
    ofCode('%C0%80'),
    ofCode('%ED%A0%80'),
    ofCode('%F5%80%80%80'),
    `${valid}&x=%`,
    `${valid}&%`,
    `${valid}&x=%zz`,
    `${valid}%`,
  ],
  'a character that no query holds': [
    ...[' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}', '[', ']', '\t', '\n', '\r', '\0', '\x7f'].map((character) =>
      ofCode(`ac${character}1`),
    ),
    ...['\x1b', '\x85', '\xa0', '\u2028', '\u2029', '\ufeff', '\u202e', '\u{1f511}', '\ud800', '\udc00', 'é'].map(
      (character) => ofCode(`ac${character}1`),
    ),
    `${valid}&x=a b`,
    `${valid}&x=\0`,
    `${valid}&x="`,
    `${valid}&x[]=1`,
    `${valid}&x=$\{IFS}`,
    `${valid}&x=\`id\``,
  ],
  'a fragment in place of the query, or within what counts': [
    `${base}#code=ac_1&state=Kits-7`,
    `${base}#?code=ac_1&state=Kits-7`,
    `${base}?#code=ac_1&state=Kits-7`,
    `${base}?code=ac_1#&state=Kits-7`,
    `${base}?code=ac_1&#state=Kits-7`,
    `${base}?code=ac_1&state=#Kits-7`,
    `${base}?code=ac_1&state=Kits#-7`,
    `${base}?state=Kits-7#&code=ac_1`,
    `${base}#${valid}`,
  ],
  'something around it': [
    ` ${valid}`,
    `\t${valid}`,
    `\n${valid}`,
    `\0${valid}`,
    `\ufeff${valid}`,
    `<${valid}>`,
    `"${valid}"`,
    `x${valid}`,
    `${valid} `,
    `${valid}\t`,
    `${valid}\n`,
    `${valid}\r\n`,
    `${valid}\0`,
    `${valid}\u2028`,
    `${valid}\ufeff`,
    `${valid}"`,
    `${valid} -o /tmp/x`,
    `${valid}\nurl = "http://evil.example/"`,
    `${valid} ${valid}`,
    `${valid}\n${valid}`,
    `http://evil.example/\n${valid}`,
  ],
  'the response in another URL': [
    `http://evil.example/${valid}`,
    `http://evil.example/?${valid}`,
    `http://evil.example/?u=${encodeURIComponent(valid)}`,
    `http://evil.example/#${valid}`,
    `http://evil.example\\${valid}`,
    `http://localhost:1455/${valid}`,
    `http://localhost:1455/redirect?to=${valid}`,
    `https://auth.openai.com/oauth/authorize?redirect_uri=${encodeURIComponent(base)}&code=ac_1&state=Kits-7`,
    `http://web.archive.org/web/2025/${valid}`,
    encodeURIComponent(valid),
    encodeURI(`${valid}%`),
    [...valid].reverse().join(''),
    valid.toUpperCase(),
    '',
  ],
  'more than a URL may hold': [
    ofCode('a'.repeat(8192)),
    ofCode('a'.repeat(1_000_000)),
    ofState(`Kits-7${'7'.repeat(9000)}`),
    `${valid}&x=${'a'.repeat(8193 - valid.length - 3)}`,
    `${valid}&x=${'%41'.repeat(3000)}`,
    `${valid}${'&'.repeat(9000)}`,
    `${valid}${'&x=1'.repeat(3000)}`,
    ofPath(`/auth/callback${'/'.repeat(9000)}`),
    ofPath(`${'/.'.repeat(5000)}/auth/callback`),
    ofHost(`${'a.'.repeat(5000)}localhost`),
    ofHost(`${'a'.repeat(9000)}@localhost`),
    ofPort(`:${'0'.repeat(9000)}1455`),
  ],
};
const hostileUrls = Object.entries(hostile).flatMap(([what, urls]) =>
  // The name of a test is for people: the start of a long URL says enough.
  urls.map((url): [string, string, string] => [what, JSON.stringify(url).slice(0, 150), url]),
);

interface Expected {
  redirectUri: LoopbackRedirectUri;
  state: string;
}

// The timeout is for a busy machine: a property of thousands of runs takes a second on an idle one.
describe('an authorization response', { timeout: 30_000 }, () => {
  it('is accepted if it is the expected one, and comes back unchanged', () => {
    fc.assert(
      fc.property(responses(), ({ expected, url, kind, value }) => {
        const response = parseAuthorizationResponse(url, expected);
        return (
          isDeepStrictEqual(judge(url, expected), { kind, value }) &&
          isDeepStrictEqual(ruleSays(url, expected), { kind, value }) &&
          response?.callbackUrl === url &&
          response.state === expected.state
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('is accepted by the rule and never else, however it was changed on its way', () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(changedResponses(), ({ expected, url }) => {
        const rule = ruleSays(url, expected);
        seen[rule ? 'accepted' : 'refused'] += 1;
        return isDeepStrictEqual(judge(url, expected), rule);
      }),
      { numRuns: 15_000 },
    );
    // The rule has said both, often.
    expect(seen.refused).toBeGreaterThan(10_000);
    expect(seen.accepted).toBeGreaterThan(500);
  });

  it('is not accepted by a sign-in that expects another', () => {
    fc.assert(
      fc.property(responses(), responses(), ({ url, expected }, other) => {
        fc.pre(other.expected.state !== expected.state || other.expected.redirectUri !== expected.redirectUri);
        return judge(url, other.expected) === undefined;
      }),
      { numRuns: 3000 },
    );
  });

  it.each(hostileUrls)('is not accepted with %s: %s', (_, __, url) => {
    const expected = { redirectUri: base as LoopbackRedirectUri, state };
    expect(judge(url, expected)).toBeUndefined();
    // What the generated URLs are judged by must know these as well.
    expect(ruleSays(url, expected)).toBeUndefined();
  });

  it('is tried with more than two hundred different made-up URLs', () => {
    expect(new Set(hostileUrls.map(([, , url]) => url)).size).toBe(hostileUrls.length);
    expect(hostileUrls.length).toBeGreaterThan(200);
  });
});

interface Verdict {
  kind: 'code' | 'error';
  value: string;
}

function judge(url: string, expected: Expected): Verdict | undefined {
  const response = parseAuthorizationResponse(url, expected);
  if (!response || response.kind === 'token') return undefined;
  return { kind: response.kind, value: response.kind === 'code' ? response.code : response.error };
}

/** RFC 3986 §3.4 and appendix A: what may stand in a query, besides what is percent-encoded. */
const queryCharacters = new Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?");
const hexDigits = '0123456789abcdefABCDEF';

/** The rule once more, by hand, without the regular expressions and the URLSearchParams that it is tested against. */
function ruleSays(url: string, { redirectUri, state }: Expected): Verdict | undefined {
  const mark = url.indexOf('?');
  if (mark === -1 || url.slice(0, mark) !== redirectUri || url.length > 8192) return undefined;
  // What a listener would see of it.
  const [query = ''] = url.slice(mark + 1).split('#', 1);
  for (let at = 0; at < query.length; at += 1) {
    const isEncoded = query.charAt(at) === '%' && isHexDigit(query.charAt(at + 1)) && isHexDigit(query.charAt(at + 2));
    if (!isEncoded && !queryCharacters.has(query.charAt(at))) return undefined;
  }
  const values: Record<'state' | 'code' | 'error', (string | undefined)[]> = { state: [], code: [], error: [] };
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    if (name === 'state' || name === 'code' || name === 'error') values[name].push(value);
  }
  const [value, ...more] = [...values.code, ...values.error];
  if (values.state.length !== 1 || values.state[0]?.split(' ').join('+') !== state || more.length > 0 || !value)
    return undefined;
  for (let at = 0; at < value.length; at += 1) {
    if (value.charCodeAt(at) < 0x20 || value.charCodeAt(at) > 0x7e) return undefined;
  }
  return { kind: values.code.length === 1 ? 'code' : 'error', value };
}

function isHexDigit(character: string): boolean {
  return character.length === 1 && hexDigits.includes(character);
}

/** The text that stands in a query (application/x-www-form-urlencoded); undefined if it is no UTF-8. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.split('+').join(' '));
  } catch {
    return undefined;
  }
}

/** Responses as a provider sends them: a code or an error, the state, and whatever else, in any order. */
function responses() {
  const ofStates = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/='.split('');
  const text = fc.string({ unit: 'grapheme', maxLength: 8 });
  const printable = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 100 });
  return fc
    .record({
      redirectUri: redirectUris(),
      state: fc.string({ unit: fc.constantFrom(...ofStates), minLength: 1, maxLength: 64 }),
      kind: fc.constantFrom('code' as const, 'code' as const, 'error' as const),
      value: printable,
      others: fc.array(
        fc.tuple(
          fc.oneof(
            fc.constantFrom('scope', 'error_description', 'iss', 'State', 'state[]'),
            text.filter((name) => !['code', 'state', 'error'].includes(name)),
          ),
          text,
        ),
        { maxLength: 4 },
      ),
      isForm: fc.boolean(),
      places: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
    })
    .map(({ redirectUri, state, kind, value, others, isForm, places }) => {
      const parameters: [string, string][] = [[kind, value], ['state', state], ...others];
      const query = parameters
        .map((parameter, index) => ({ parameter, place: places[index] ?? 0 }))
        .sort((one, other) => one.place - other.place)
        .map(({ parameter }) =>
          isForm ? `${new URLSearchParams([parameter])}` : parameter.map(encodeURIComponent).join('='),
        )
        .join('&');
      return { expected: { redirectUri, state }, kind, value, url: `${redirectUri}?${query}` };
    });
}

function redirectUris(): fc.Arbitrary<LoopbackRedirectUri> {
  const host = fc.constantFrom('localhost', '127.0.0.1', '[::1]');
  const port = fc.oneof(fc.constant(1455), fc.integer({ min: 1024, max: 65_535 }));
  const path = fc.constantFrom('/auth/callback', '/callback', '/', '/mcp/oauth/callback', '/a.b-c~d/%7Ee');
  return fc.tuple(host, port, path).map(([h, p, rest]) => `http://${h}:${p}${rest}` as LoopbackRedirectUri);
}

/** Responses that were changed once to three times, and now and then any text at all. */
function changedResponses(): fc.Arbitrary<{ expected: Expected; url: string }> {
  const changed = fc
    .tuple(responses(), fc.array(changes(), { minLength: 1, maxLength: 3 }))
    .map(([{ expected, url }, list]) => ({ expected, url: list.reduce((text, change) => change(text), url) }));
  const any = fc.record({
    expected: responses().map(({ expected }) => expected),
    url: fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string({ unit: 'binary' })),
  });
  return fc.oneof({ weight: 20, arbitrary: changed }, { weight: 1, arbitrary: any });
}

type Change = (url: string) => string;

function changes(): fc.Arbitrary<Change> {
  const at = fc.nat();
  return fc.oneof(
    // Anywhere.
    fc.tuple(at, fragments()).map(
      ([place, text]): Change =>
        (url) =>
          splice(url, place, 0, text),
    ),
    fc.tuple(at, fragments()).map(
      ([place, text]): Change =>
        (url) =>
          splice(url, place, 1, text),
    ),
    fc.tuple(at, fc.integer({ min: 1, max: 9 })).map(
      ([place, count]): Change =>
        (url) =>
          splice(url, place, count, ''),
    ),
    fc.tuple(at, at).map(
      ([place, width]): Change =>
        (url) =>
          recode(url, place, 1 + (width % 3), percentEncode),
    ),
    fc.tuple(at, at).map(
      ([place, width]): Change =>
        (url) =>
          recode(url, place, 1 + (width % 40), swapCase),
    ),
    // The redirect URI.
    fc.tuple(fc.nat({ max: 3 }), fc.oneof(origins(), fragments())).map(
      ([part, text]): Change =>
        (url) =>
          replacePart(url, part, () => text),
    ),
    fc.tuple(fc.nat({ max: 3 }), fragments(), fc.boolean()).map(
      ([part, text, isBefore]): Change =>
        (url) =>
          replacePart(url, part, (old) => (isBefore ? text + old : old + text)),
    ),
    fc.constantFrom('??', '%3F', '#', '?#', '?&', '/?', ';', '', '\\?', '?%00').map(
      (text): Change =>
        (url) =>
          url.replace('?', () => text),
    ),
    // The parameters.
    fc.constantFrom(';', '%26', '&amp;', ',', '\n', '+', '&&', '%0A', '?').map(
      (text): Change =>
        (url) =>
          url.replaceAll('&', text),
    ),
    fc.constantFrom('%3D', ':', '==', '[]=', '%5B%5D=', '\t=', '+=').map(
      (text): Change =>
        (url) =>
          url.replaceAll('=', text),
    ),
    fc.tuple(at, parameterChanges()).map(
      ([which, change]): Change =>
        (url) =>
          changeParameter(url, which, change),
    ),
    fc.tuple(at, parameterChanges()).map(
      ([which, change]): Change =>
        (url) =>
          changeParameter(url, which, change),
    ),
    fc.constant<Change>((url) => url.replace('code=', 'c=').replace('state=', 'code=').replace('c=', 'state=')),
    // The whole.
    fc.integer({ min: 8190, max: 8196 }).map(
      (length): Change =>
        (url) =>
          `${url}&pad=`.padEnd(length, 'a'),
    ),
    fc.constantFrom<Change[]>(
      (url) => `${url}&${url}`,
      (url) => url.toUpperCase(),
      (url) => url.normalize('NFKD'),
      (url) => encodeURI(url.toWellFormed()),
      (url) => `https://evil.example/?u=${encodeURIComponent(url.toWellFormed())}`,
      (url) => (URL.canParse(url) ? new URL(url).href : url),
    ),
    fragments().map(
      (text): Change =>
        (url) =>
          `${url}#${text}`,
    ),
  );
}

/** What one parameter, as it stands in the query, becomes: another, several, or none. */
function parameterChanges(): fc.Arbitrary<(parameter: string) => string[]> {
  const fixed = fc.constantFrom<((parameter: string) => string[])[]>(
    (parameter) => [parameter, parameter],
    (parameter) => [parameter, `${parameter}x`],
    (parameter) => [`${parameter}x`, parameter],
    () => [],
    (parameter) => [parameter.split('=', 1).join('')],
    (parameter) => [`${parameter.split('=', 1)}=`],
    (parameter) => [parameter.toUpperCase()],
    (parameter) => [parameter.toLowerCase()],
    (parameter) => [parameter.slice(0, -1)],
    (parameter) => [parameter.replaceAll('s', '%C5%BF').replaceAll('K', '%E2%84%AA')],
    (parameter) => [parameter, percentEncode(parameter).replaceAll('%3D', '=')],
    (parameter) => [percentEncode(parameter).replaceAll('%3D', '=')],
    (parameter) => [percentEncode(parameter)],
    (parameter) => [parameter.replace('code=', 'error=')],
    (parameter) => [parameter, 'error=access_denied'],
    (parameter) => [`code=x`, parameter],
    (parameter) => [`${parameter}${'a'.repeat(9000)}`],
  );
  const text = fc.tuple(fragments(), fc.boolean()).map(([added, isBefore]) => (parameter: string) => [
    isBefore ? added + parameter : parameter + added,
  ]);
  return fc.oneof(fixed, text);
}

/** Texts that one parser or another takes for something special. */
function fragments(): fc.Arbitrary<string> {
  const special = [
    ...['?', '#', '&', '=', ';', '/', '//', '\\', '@', ':', '%', '+', ' ', '.', '..', '/../', '[', ']', '[]', '|', '^'],
    ...['\0', '\t', '\n', '\r\n', '\x7f', '"', "'", '`', '<', '>', '{', '}', '$', '$(id)', '*', '~', '!', ',', '-'],
    ...[
      '%00',
      '%0A',
      '%0d%0a',
      '%20',
      '%26',
      '%3D',
      '%3d',
      '%3F',
      '%23',
      '%2F',
      '%25',
      '%FF',
      '%C0%80',
      '%E2%84%AA',
      '%2',
    ],
    ...[
      '\u00a0',
      '\u200b',
      '\u2028',
      '\ufeff',
      '\u202e',
      '\u0301',
      '\u017f',
      '\u212a',
      '\uff06',
      '\u{1f511}',
      '\ud800',
    ],
    ...[
      '&state=',
      '&state=x',
      '&code=',
      '&code=x',
      '&error=x',
      '%26state=x',
      '&State=x',
      '&state[]=x',
      '&x=y',
      'a@',
      'a:b@',
    ],
  ];
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...special) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 4 }) },
  );
}

/** Schemes, hosts, ports and paths that lead to the same place, or look as if they did. */
function origins(): fc.Arbitrary<string> {
  return fc.constantFrom(
    ...['https://', 'HTTP://', 'ws://', 'file://', 'http:/', 'http:\\\\', 'http:', '//', 'view-source:http://'],
    ...[
      'localhost',
      'localhost.',
      'LOCALHOST',
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '017700000001',
      '127.0.0.1.',
    ],
    ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '0.0.0.0', 'evil.example', 'loc\u0430lhost', 'a@localhost'],
    ...['', ':', ':80', ':01455', ':1455', ':1456', ':66991', ':1455@evil.example'],
    ...['/', '/callback', '/auth/callback', '/auth/callback/', '//auth/callback', '/auth/./callback', '/Auth/Callback'],
    ...['/auth%2Fcallback', '/auth/callback;x=1', '/auth/c%61llback', '\\auth\\callback'],
  );
}

function splice(url: string, place: number, count: number, text: string): string {
  const at = place % (url.length + 1);
  return url.slice(0, at) + text + url.slice(at + count);
}

function recode(url: string, place: number, width: number, change: (text: string) => string): string {
  const at = place % (url.length + 1);
  return splice(url, at, width, change(url.slice(at, at + width)));
}

/** Percent-encodes every byte, also those that need not be. */
function percentEncode(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function swapCase(text: string): string {
  return Array.from(text, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  ).join('');
}

/** Replaces the scheme, host, port or path. */
function replacePart(url: string, part: number, replace: (old: string) => string): string {
  const [all, ...parts] = /^([a-z]+:\/\/)(\[[^\]]*\]|[^/:?#]*)(:\d*)?([^?#]*)/.exec(url) ?? [''];
  return parts.map((old, index) => (index === part ? replace(old ?? '') : old)).join('') + url.slice(all.length);
}

function changeParameter(url: string, which: number, change: (parameter: string) => string[]): string {
  const [start = '', ...rest] = url.split('?');
  const parameters = rest.join('?').split('&');
  const changed = parameters.flatMap((one, index) => (index === which % parameters.length ? change(one) : one));
  return `${start}?${changed.join('&')}`;
}
