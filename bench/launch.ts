import { resolve } from 'node:path';
import type { LaunchOptions } from '../e2e/drivers/driver.ts';
import type { World } from '../e2e/world/world.ts';

/** What Chromium is launched with: the extension in its end-to-end build, or nothing for comparison. */
export function launchOptions(
  world: World,
  given: { extension?: boolean; resolverRules?: string } = {},
): LaunchOptions {
  return {
    extension: given.extension === false ? undefined : resolve('.output/chrome-mv3-e2e'),
    authority: world.authority.cert,
    resolverRules: [world.resolverRules(), given.resolverRules].filter(Boolean).join(', '),
  };
}
