/** Every provider that opencode can sign in to: one stand-in each, and one MCP server. */
import type { CertificateAuthority } from '../certificates.ts';
import { chatgptHosts, createChatgpt } from './chatgpt.ts';
import { createDigitalocean, digitaloceanHosts } from './digitalocean.ts';
import { createGithub, githubHosts } from './github.ts';
import { createGitlab, gitlabHosts } from './gitlab.ts';
import { createGoogle, googleHosts } from './google.ts';
import { createMcp, mcpHosts } from './mcp.ts';
import { createPoe, poeHosts } from './poe.ts';
import { createSnowflake, snowflakeHosts } from './snowflake.ts';
import type { StandIn } from './stand-in.ts';
import { createXai, xaiHosts } from './xai.ts';

export type Providers = Record<
  'chatgpt' | 'gitlab' | 'poe' | 'snowflake' | 'digitalocean' | 'xai' | 'github' | 'google' | 'mcp',
  StandIn
>;

export async function createProviders(authority: CertificateAuthority): Promise<Providers> {
  return {
    chatgpt: createChatgpt(await authority.issue(...chatgptHosts)),
    gitlab: createGitlab(await authority.issue(...gitlabHosts)),
    poe: createPoe(await authority.issue(...poeHosts)),
    snowflake: createSnowflake(await authority.issue(...snowflakeHosts)),
    digitalocean: createDigitalocean(await authority.issue(...digitaloceanHosts)),
    xai: createXai(await authority.issue(...xaiHosts)),
    github: createGithub(await authority.issue(...githubHosts)),
    google: createGoogle(await authority.issue(...googleHosts)),
    mcp: createMcp(await authority.issue(...mcpHosts)),
  };
}
