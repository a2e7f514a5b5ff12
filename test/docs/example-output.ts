/** Commands in hand-written pages, with what they write below them: run anew, so that no page shows what is no longer so. */
import { execFileSync } from 'node:child_process';

/** ```sh, one line of netsigma analyze (as people type it in a checkout), and a block of text below. */
const EXAMPLE = /(?<shown>```sh\nnpm run -s netsigma -- (?<line>analyze [^\n]*)\n```\n\n)```text\n[^`]*```/g;
const ROOT = new URL('../../', import.meta.url).pathname;

/** A page is made several times in a run, its examples once. */
const outputs = new Map<string, string>();

/** `text` with the outputs of its examples. @throws Error when a command fails. */
export function withExamples(text: string): string {
  return text.replace(EXAMPLE, (...match) => {
    const { shown, line } = match.at(-1) as { shown: string; line: string };
    return `${shown}\`\`\`text\n${outputOf(line)}\`\`\``;
  });
}

function outputOf(line: string): string {
  const known = outputs.get(line);
  if (known !== undefined) return known;
  const command = `${process.execPath} pipeline/bin.ts ${line}`;
  const output = execFileSync('sh', ['-c', command], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '' },
    // What is said of the files on standard error is no part of it.
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
  outputs.set(line, output);
  return output;
}
