import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { rememberServers, serversAtHand } from './serverMemory';
import { deleteServer, saveServer } from './serverStore';
import { ServerUrl } from './serverUrl';

const url = ServerUrl.parse('https://opencode.example.com');

beforeEach(() => fakeBrowser.reset());

it('has every change at hand, without asking the browser again', async () => {
  const told = vi.fn();
  rememberServers(told);
  expect(await serversAtHand()).toEqual([]);
  expect(told).not.toHaveBeenCalled();

  await saveServer({ url });
  expect(await serversAtHand()).toEqual([{ url }]);

  const read = vi.spyOn(fakeBrowser.storage.sync, 'get');
  expect(await serversAtHand()).toEqual([{ url }]);
  expect(read).not.toHaveBeenCalled();

  await deleteServer(url);
  expect(await serversAtHand()).toEqual([]);
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2));
});

it('asks the browser again when the servers could not be read', async () => {
  await saveServer({ url });
  vi.spyOn(fakeBrowser.storage.sync, 'get').mockRejectedValueOnce(new Error('locked'));
  rememberServers(() => {});
  await expect(serversAtHand()).rejects.toThrow('locked');
  expect(await serversAtHand()).toEqual([{ url }]);
});
