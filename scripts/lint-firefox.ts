/** `web-ext lint` of the Firefox build, with nothing allowed but the one warning that is about Preact's own code. */
import { spawnSync } from 'node:child_process';

interface Finding {
  code: string;
  message: string;
  file: string;
}

/** Preact's `dangerouslySetInnerHTML`, which nothing of ours uses. */
const NOT_OURS = 'UNSAFE_VAR_ASSIGNMENT';

const { stdout, stderr } = spawnSync('web-ext', ['lint', '--source-dir', '.output/firefox-mv3', '--output', 'json']);
const report = JSON.parse(stdout.toString() || 'null') as Record<'errors' | 'notices' | 'warnings', Finding[]> | null;
if (!report) throw new Error(`web-ext lint gave no report: ${stderr}`);

const ours = [...report.errors, ...report.notices, ...report.warnings].filter(({ code }) => code !== NOT_OURS);
for (const { code, message, file } of ours) console.error(`${code} in ${file}: ${message}`);
console.log(`web-ext lint: ${report.errors.length} errors, ${ours.length} findings of ours`);
process.exitCode = ours.length > 0 ? 1 : 0;
