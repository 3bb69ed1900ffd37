/**
 * Runs a command on "the user's machine": `node e2e/in-user-namespace.ts <command> [args…]`.
 * Where namespaces cannot be made, the command runs as it is. Ends with the command's exit status and leaves nothing behind.
 */
import { spawn } from 'node:child_process';
import { canMakeNamespaces, createUserNamespace, deleteNamespaces } from './world/namespaces.ts';

const isolated = canMakeNamespaces();
const run = String(process.pid);
if (isolated) deleteNamespaces();
const { command, env } = isolated ? createUserNamespace(run) : { command: [], env: {} };
const [program = '', ...args] = [...command, ...process.argv.slice(2)];
const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
child.on('close', (status) => {
  if (isolated) deleteNamespaces(run);
  process.exitCode = status ?? 1;
});
