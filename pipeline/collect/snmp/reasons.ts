/** Why a poll, a column or a value came to nothing: the words of `errors[]`, of the audit and of metric labels. */

/** One request had no usable answer. */
export type RequestReason =
  | 'timeout'
  | 'cancelled'
  | 'send_failed'
  | 'too_big'
  | 'agent_error'
  | 'no_access'
  | 'malformed_answer'
  | 'truncated_answer'
  | 'wrong_version'
  | 'wrong_community'
  | 'invalid_credential'
  | 'unsupported_security_level'
  | 'not_in_time_window'
  | 'unknown_user'
  | 'unknown_engine_id'
  | 'wrong_digest'
  | 'decryption_failed'
  | 'unexpected_report';

/** What the poller does next: ask again, ask for less at a time, or give up on the device for this poll. */
export type Remedy = 'repeat' | 'narrow' | 'give_up';

export const REMEDIES: Readonly<Record<RequestReason, Remedy>> = {
  timeout: 'repeat',
  cancelled: 'give_up',
  send_failed: 'give_up',
  too_big: 'narrow',
  agent_error: 'narrow',
  no_access: 'narrow',
  malformed_answer: 'narrow',
  truncated_answer: 'narrow',
  wrong_version: 'give_up',
  wrong_community: 'give_up',
  invalid_credential: 'give_up',
  unsupported_security_level: 'give_up',
  not_in_time_window: 'give_up',
  unknown_user: 'give_up',
  unknown_engine_id: 'give_up',
  wrong_digest: 'give_up',
  decryption_failed: 'give_up',
  unexpected_report: 'give_up',
};

/** A column's walk was ended. */
export type WalkReason = 'oid_not_increasing' | 'bad_index' | 'too_many_rows' | 'no_progress';

/** A value was not taken as it came. The first three leave it unknown, the others change its text. */
export type ValueReason =
  | 'counter64_out_of_range'
  | 'out_of_range'
  | 'wrong_type'
  | 'not_utf8'
  | 'nul_stripped'
  | 'control_characters_removed'
  | 'text_cut';

/** The poll as a whole. */
export type PollReason =
  | RequestReason
  | 'deadline'
  | 'no_rows'
  | 'agent_restarted_during_poll'
  | 'unknown_credential'
  | 'unknown_profile'
  | 'invalid_address'
  | 'breaker_open';

/** Errors kept of one poll: a broken agent must not fill the record with words. */
const MAX_ERRORS = 64;

/** The named errors of one poll, each once. */
export class PollErrors {
  readonly #errors = new Set<string>();

  add(reason: PollReason | WalkReason | ValueReason, detail = ''): void {
    if (this.#errors.size < MAX_ERRORS) this.#errors.add(detail === '' ? reason : `${reason}:${detail}`);
  }

  get list(): string[] {
    return [...this.#errors];
  }
}
