import { resolve } from 'node:path';
import type { BrowserDriver, LaunchOptions } from '../e2e/drivers/driver.ts';
import type { World } from '../e2e/world/world.ts';

/** What a browser, Chromium if none is named, is launched with: the extension in its end-to-end build, or nothing for comparison. */
export function launchOptions(
  world: World,
  given: { extension?: boolean; resolverRules?: string; driver?: BrowserDriver['name'] } = {},
): LaunchOptions {
  return {
    extension:
      given.extension === false
        ? undefined
        : resolve(`.output/${given.driver === 'firefox' ? 'firefox' : 'chrome'}-mv3-e2e`),
    authority: world.authority.cert,
    resolverRules: [world.resolverRules(), given.resolverRules].filter(Boolean).join(', '),
  };
}
