/** What a database error means for the flush that met it: by SQLSTATE (PostgreSQL manual, appendix A). */

export type DatabaseFault =
  /** Away or busy for now: the same again. */
  | 'retry'
  /** A row that the server does not take. */
  | 'poison'
  /** Trying again cannot help: a person is needed. */
  | 'configuration'
  /** Not the database's: a bug of ours. */
  | 'unknown';

/** By class (two characters) or whole code; the whole code goes first. */
const FAULTS: Readonly<Record<string, DatabaseFault>> = {
  '08': 'retry', // connection
  '22': 'poison', // data exception
  '23': 'poison', // integrity constraint
  '25': 'retry', // transaction state: idle_in_transaction_session_timeout and what follows from it
  '28': 'configuration', // authorisation
  '3D': 'configuration', // no such database
  '40': 'retry', // serialisation, deadlock
  '42': 'configuration', // syntax, privileges, missing tables
  '0A': 'configuration', // feature not supported
  '53': 'retry', // resources: disk full, too many connections
  '54': 'poison', // a row too large for its index
  '55': 'retry', // lock not available
  '57': 'retry', // operator intervention: shutdown, cancel, statement timeout
  '58': 'retry', // system error
  '3F': 'configuration', // no such schema
  TS: 'configuration', // TimescaleDB's own: the table is not what the sink takes it for
  XX: 'retry', // internal: "tuple concurrently updated" is one
};

/** Errors of pg and pg-pool that carry no code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout expired|timeout exceeded when trying to connect|Cannot use a pool after)/;

export interface ServerError extends Error {
  readonly code?: string;
  /** CONTEXT: for COPY it names the line. */
  readonly where?: string;
  readonly constraint?: string;
}

export function databaseFault(error: unknown): DatabaseFault {
  // By what it carries, not instanceof: errors of sockets may come from another realm (node:vm).
  const { code, message = '' } = (error ?? {}) as Partial<ServerError>;
  if (typeof code !== 'string') return CONNECTION_MESSAGES.test(message) ? 'retry' : 'unknown';
  if (isServerError(error)) return FAULTS[code.slice(0, 2)] ?? 'retry';
  // Sockets and names: ECONNREFUSED, EPIPE, EAI_AGAIN, ... Node's own begin with ERR_.
  return /^E(?!RR_)[A-Z_]+$/.test(code) ? 'retry' : 'unknown';
}

/** The server has said it (with a SQLSTATE), not the connection. */
export function isServerError(error: unknown): boolean {
  const { code } = (error ?? {}) as Partial<ServerError>;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');
}

/** The partition of a row is gone (maintenance dropped it) or was never made. No constraint has a name then. */
export function isMissingPartition(error: unknown): boolean {
  const { code, constraint } = error as ServerError;
  return code === '23514' && constraint === undefined;
}

/** The row (from 0) of a COPY that the error names. Servers with another lc_messages say it in their language. */
export function copyRow(error: unknown): number | undefined {
  const line = /^COPY .*?\b(?:line|Zeile|línea|ligne|linha|riga)\b (\d+)/im.exec(
    (error as ServerError).where ?? '',
  )?.[1];
  return line === undefined ? undefined : Number(line) - 1;
}

/** For dead letters and status: never the row's values beyond what the server's message says. */
export function describe(error: unknown): string {
  const { message, code } = error as ServerError;
  // Those of sockets begin with their code; several addresses that fail together have no message at all.
  if (code === undefined || message.includes(code)) return message;
  return message === '' ? code : `${message} (${code})`;
}
