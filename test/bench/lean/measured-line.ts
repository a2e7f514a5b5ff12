/** Programs that print what they measured as one line of JSON, the last of their output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Of stderr, in a message. */
const SHOWN = 2_000;

export interface MeasuredLineOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws Error with what the program printed when it fails or prints no such line. */
export async function measuredLine(
  name: string,
  [program, ...args]: readonly string[],
  { cwd, env }: MeasuredLineOptions = {},
): Promise<unknown> {
  const child = spawn(program!, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
  });
  // Whatever ends the bench ends it.
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  try {
    const [printed, complaints] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    const line = printed.trim().split('\n').at(-1) ?? '';
    if (child.exitCode !== 0 || !line.startsWith('{'))
      throw new Error(
        `${name} ended with ${child.exitCode ?? child.signalCode}: ${complaints.slice(-SHOWN)}`,
      );
    return JSON.parse(line) as unknown;
  } finally {
    process.off('exit', end);
  }
}
