/**
 * The log: JSON lines, or pretty ones on a terminal, on standard error (standard output belongs to the results of
 * commands). Secrets are kept out three times: a Secret prints as ***, known field names are redacted, and passwords
 * inside URLs are masked in whatever is written.
 */
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log } from '../model/component.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** auto is pretty on a terminal, else json. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Where lines go: standard error unless given. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

const SECRET_FIELDS = [
  'community',
  'authKey',
  'auth_key',
  'privKey',
  'priv_key',
  'password',
  'authorization',
];
/** Redaction looks this many levels below the fields of a line. */
const REDACTED_DEPTH = 3;

/** scheme://user:password@ */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s/"']+@/gi;

/** A logger with pino's methods, fields first, a constant message second. */
export function createLog({ level, format, stream = process.stderr }: LogOptions): Log {
  const pretty = format === 'pretty' || (format === 'auto' && stream.isTTY === true);
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths(), censor: '***' },
  };
  const shape = pretty
    ? prettyFactory({ colorize: stream.isTTY === true, translateTime: 'SYS:HH:MM:ss.l' })
    : (line: string) => line;
  return pino(options, { write: (line: string) => void stream.write(shape(withoutPasswords(line))) });
}

/** The text with every `scheme://user:password@` as `scheme://user:***@`. */
export function withoutPasswords(text: string): string {
  return text.replace(URL_PASSWORD, '$1:***@');
}

function redactedPaths(): string[] {
  return SECRET_FIELDS.flatMap((field) =>
    Array.from({ length: REDACTED_DEPTH + 1 }, (_, depth) => `${'*.'.repeat(depth)}${field}`),
  );
}
