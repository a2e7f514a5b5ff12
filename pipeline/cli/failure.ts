/** How a command that failed ends: its exit code, and what is printed about the error. */
import { CommanderError } from 'commander';
import { ConfigError } from '../model/errors.ts';
import { withoutPasswords } from '../observe/log.ts';

/** 0 for help that was asked for, 2 for a wrong configuration or command line, else 1. */
export function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof ConfigError ? 2 : 1;
}

export interface ErrorTextOptions {
  readonly stack: boolean;
  /** The --config that was given: the commands that a message advises to run need it, too. */
  readonly config?: string | undefined;
}

/**
 * What to print about an error: its message and its causes on one line, a stack only on request. Empty for a
 * CommanderError, which has been printed.
 */
export function errorText(error: unknown, { stack, config }: ErrorTextOptions): string {
  if (error instanceof CommanderError) return '';
  const messages: string[] = [];
  for (const cause of chain(error)) {
    const message = cause instanceof Error ? cause.message || cause.name : String(cause);
    // Many errors repeat their cause, or name the system's code of it.
    const said = [message, ...systemCode(cause)];
    if (!messages.some((earlier) => said.some((part) => earlier.includes(part)))) messages.push(message);
  }
  const trace = stack && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  return withoutPasswords(`netsigma: ${withConfig(messages.join(': '), config)}${trace}\n`);
}

/** run "netsigma migrate", of a command that was given --config a.yaml: run "netsigma migrate --config a.yaml". */
function withConfig(message: string, config: string | undefined): string {
  if (config === undefined) return message;
  const path = /^[\w./-]+$/.test(config) ? config : `'${config}'`;
  return message.replace(/(?<=\brun "netsigma [^"]*)(?=")/g, () => ` --config ${path}`);
}

/** "(ENOENT)" of an error of the operating system, which says no more than the code and what the message knows. */
function systemCode(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, syscall }: NodeJS.ErrnoException = error;
  return code === undefined || syscall === undefined ? [] : [`(${code})`];
}

/** Causes are followed this far: they may form a circle. */
const MAX_CAUSES = 8;

function chain(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let next: unknown = error; next !== undefined && next !== null && causes.length < MAX_CAUSES;) {
    causes.push(next);
    // Node reports a connection refused on every address as an AggregateError without a message.
    const inner: unknown = next instanceof AggregateError && next.message === '' ? next.errors[0] : undefined;
    next = inner ?? (next instanceof Error ? next.cause : undefined);
  }
  return causes;
}
