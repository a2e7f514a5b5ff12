/**
 * The log: JSON lines, or pretty ones on a terminal, on standard error (standard output belongs to the results of
 * commands). Secrets are kept out four times: a Secret prints as ***, known field names are redacted, passwords inside
 * URLs are masked in whatever is written, and of errors only what says what failed is written.
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
/** ?password=..., &sslpassword=... */
const PASSWORD_PARAMETER = /([?&](?:ssl)?password=)[^\s&#"']+/gi;

/** A logger with pino's methods, fields first, a constant message second. */
export function createLog({ level, format, stream = process.stderr }: LogOptions): Log {
  const pretty = format === 'pretty' || (format === 'auto' && stream.isTTY === true);
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: withShortErrors },
    // Errors are short already.
    serializers: { err: (err: unknown) => err },
    redact: { paths: redactedPaths(), censor: '***' },
  };
  const shape = pretty
    ? prettyFactory({ colorize: stream.isTTY === true, translateTime: 'SYS:HH:MM:ss.l' })
    : (line: string) => line;
  return pino(options, { write: (line: string) => void stream.write(shape(withoutPasswords(line))) });
}

/** The text with every `scheme://user:password@` as `scheme://user:***@`, and password parameters of URLs as `***`. */
export function withoutPasswords(text: string): string {
  return text.replace(URL_PASSWORD, '$1:***@').replace(PASSWORD_PARAMETER, '$1***');
}

interface ShortError {
  readonly type: string;
  /** With those of its causes. */
  readonly message: string;
  readonly code?: string | number;
  /** With those of its causes. */
  readonly stack: string;
  /** Messages of what an AggregateError holds. */
  readonly errors?: readonly string[];
}

/** Libraries hang whole clients with their keys and buffers on errors: nothing of that is written. */
function withShortErrors(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isError(value) ? shortError(value) : value]),
  );
}

/** By what it carries, not instanceof: errors of Node may come from another realm (node:vm). */
function isError(value: unknown): value is Error {
  const { message, stack } = (value ?? {}) as Partial<Error>;
  return typeof message === 'string' && typeof stack === 'string';
}

function shortError(error: Error & { readonly code?: unknown; readonly errors?: unknown }): ShortError {
  const { type, message, stack } = pino.stdSerializers.err(error);
  const { code, errors } = error;
  return {
    type,
    message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack,
    ...(Array.isArray(errors) && { errors: errors.filter(isError).map((one) => one.message) }),
  };
}

function redactedPaths(): string[] {
  return SECRET_FIELDS.flatMap((field) =>
    Array.from({ length: REDACTED_DEPTH + 1 }, (_, depth) => `${'*.'.repeat(depth)}${field}`),
  );
}
