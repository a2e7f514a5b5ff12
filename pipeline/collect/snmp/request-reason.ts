/**
 * net-snmp's errors as reasons. Only names and codes are read: its messages carry digests and its `info` the user
 * with the keys, which must reach no log and no record.
 */
import snmp from 'net-snmp';
import type { RequestReason } from './reasons.ts';

export interface NamedFailure {
  readonly reason: RequestReason;
  /** A word of a fixed set, or empty. */
  readonly detail: string;
}

/** usmStats of RFC 3414 5, as net-snmp spells them in its message. */
const REPORTS: readonly (readonly [prefix: string, RequestReason])[] = [
  ['Unsupported Security Level', 'unsupported_security_level'],
  ['Not In Time Window', 'not_in_time_window'],
  ['Unknown User Name', 'unknown_user'],
  ['Unknown Engine ID', 'unknown_engine_id'],
  ['Wrong Digest', 'wrong_digest'],
  ['Decryption Error', 'decryption_failed'],
  // Not a report: the digest of the agent's own answer is wrong.
  ['Authentication digest', 'wrong_digest'],
];

/** ResponseInvalidCode.ENotInTimeWindow, newer than the published types. */
const NOT_IN_TIME_WINDOW = 14;

/** The parts of an error that are read. By name, as net-snmp makes its errors without Error's constructor. */
interface ErrorParts {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
}

/** What went wrong with a request that ended with `error`. */
export function requestReason(error: ErrorParts | null | undefined): NamedFailure {
  const { name, message, code, status } = error ?? {};
  switch (name) {
    case 'RequestTimedOutError':
      return { reason: 'timeout', detail: '' };
    case 'RequestFailedError':
      return statusReason(status);
    case 'ResponseInvalidError':
      return { reason: responseReason(code, String(message)), detail: '' };
    default:
      // Errors of the socket carry the system's word, such as EHOSTUNREACH.
      return typeof code === 'string'
        ? { reason: 'send_failed', detail: code }
        : { reason: 'malformed_answer', detail: '' };
  }
}

function statusReason(status: unknown): NamedFailure {
  if (status === snmp.ErrorStatus.TooBig) return { reason: 'too_big', detail: '' };
  if (status === snmp.ErrorStatus.NoAccess || status === snmp.ErrorStatus.AuthorizationError) {
    return { reason: 'no_access', detail: '' };
  }
  return { reason: 'agent_error', detail: snmp.ErrorStatus[Number(status)] ?? '' };
}

function responseReason(code: unknown, message: string): RequestReason {
  const { ResponseInvalidCode } = snmp;
  switch (code) {
    case ResponseInvalidCode.ECouldNotDecrypt:
      return 'decryption_failed';
    case ResponseInvalidCode.EAuthFailure:
      return REPORTS.find(([prefix]) => message.startsWith(prefix))?.[1] ?? 'unexpected_report';
    case NOT_IN_TIME_WINDOW:
      return 'not_in_time_window';
    case ResponseInvalidCode.EUnexpectedReport:
      return 'unexpected_report';
    case ResponseInvalidCode.EVersionNoMatch:
      return 'wrong_version';
    case ResponseInvalidCode.ECommunityNoMatch:
      return 'wrong_community';
    default:
      return 'malformed_answer';
  }
}
