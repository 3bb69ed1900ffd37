import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { readPolicy } from './managedPolicy';
import {
  deleteServer,
  getCredentials,
  getServers,
  restoreServer,
  saveCredentials,
  saveServer,
  updateServer,
} from './serverStore';
import { ServerUrl } from './serverUrl';

const a = ServerUrl.parse('https://a.example.com');
const b = ServerUrl.parse('https://b.example.com');

beforeEach(() => {
  fakeBrowser.reset();
  setPolicy({});
});

function setPolicy(policy: unknown): void {
  vi.spyOn(fakeBrowser.storage.managed, 'get').mockImplementation(async () => policy as Record<string, unknown>);
}

describe('the servers', () => {
  it('are kept in the order of adding, each in an item of its own', async () => {
    await saveServer({ url: b });
    await saveServer({ url: a, name: 'Work' });
    expect(await getServers()).toEqual([{ url: b }, { url: a, name: 'Work' }]);
    expect(Object.keys(await fakeBrowser.storage.sync.get())).toEqual([`server:${b}`, `server:${a}`]);
  });

  it('come back whole when their removal is undone', async () => {
    await saveServer({ url: a, name: 'Work' });
    await saveServer({ url: b });
    const removed = await deleteServer(a);
    expect(await getServers()).toEqual([{ url: b }]);
    if (removed) await restoreServer(removed);
    expect(await getServers()).toEqual([{ url: a, name: 'Work' }, { url: b }]);
  });

  it('have a password stored only as long as they are there', async () => {
    await saveServer({ url: a });
    const given = { username: 'opencode', password: 'correct-horse' };
    await Promise.all([saveCredentials(a, given), saveCredentials(b, given)]);
    expect([await getCredentials(a), await getCredentials(b)]).toEqual([given, undefined]);
  });

  it('forget what is unset', async () => {
    await saveServer({ url: a, name: 'Work' });
    await updateServer(a, { name: undefined });
    expect(await getServers()).toEqual([{ url: a }]);
  });

  it('that another release or a broken device has written are left alone', async () => {
    const strange = { 'server:https://x.example.com': { version: 9 }, other: 1 };
    await fakeBrowser.storage.sync.set(strange);
    await saveServer({ url: a });
    expect(await getServers()).toEqual([{ url: a }]);
    expect(await fakeBrowser.storage.sync.get()).toMatchObject(strange);
  });
});

describe('a policy', () => {
  it("puts its servers before the user's, and wins over them", async () => {
    await saveServer({ url: a, name: 'Mine' });
    await saveServer({ url: b });
    setPolicy({ servers: [{ url: a, name: 'Team' }] });
    expect(await getServers()).toEqual([{ url: a, name: 'Team', managed: true }, { url: b }]);
  });

  it('can forbid all others', async () => {
    await saveServer({ url: b });
    setPolicy({ servers: [{ url: a }], allowOtherServers: false });
    expect(await getServers()).toEqual([{ url: a, managed: true }]);
  });

  it.each([
    [{ servers: 'https://a.example.com' }],
    [{ servers: [{ url: 'a.example.com' }] }],
    [{ servers: [{ url: a }, { url: 'https://b.example.com/' }], allowOtherServers: false }],
    [{ servers: [{ url: a, callbackTemplate: 'http://localhost:1455/' }] }],
    [{ server: [{ url: a }] }],
    [{ allowOtherServers: 'no' }],
  ])('with a mistake is reported and not used: %j', async (policy) => {
    await saveServer({ url: b });
    setPolicy(policy);
    expect((await readPolicy()).problem).not.toBe('');
    expect((await readPolicy()).problem).toBeTypeOf('string');
    expect(await getServers()).toEqual([{ url: b }]);
  });

  it('need not be there: Firefox rejects then', async () => {
    vi.spyOn(fakeBrowser.storage.managed, 'get').mockRejectedValue(new Error('Managed storage manifest not found'));
    expect(await readPolicy()).toEqual({ policy: { servers: [], allowOtherServers: true } });
  });
});
