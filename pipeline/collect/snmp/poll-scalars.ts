/** What the PDUs of one poll say about the agent itself: its uptimes and its engine. */
import type { Varbind } from 'net-snmp';
import { SCALARS, SYS_UPTIME, type ProfileScalar } from './profile.ts';
import type { PollErrors, ValueReason } from './reasons.ts';
import { isException, readUnsigned32 } from './varbind.ts';

const TICKS = 2 ** 32;

/** INTEGER (0..2147483647) by RFC 3411; uptimes have 32 bits. */
const LIMITS: Readonly<Record<ProfileScalar['field'], number>> = {
  host_uptime: TICKS,
  engine_boots: 2 ** 31,
  engine_time: 2 ** 31,
};

/** NaN is unknown. */
export interface AgentState {
  /** Hundredths of a second, of the first PDU that carried it. */
  sysUptime: number;
  hostUptime: number;
  engineBoots: number;
  /** Seconds. */
  engineTime: number;
}

export class PollScalars {
  readonly state: AgentState = {
    sysUptime: Number.NaN,
    hostUptime: Number.NaN,
    engineBoots: Number.NaN,
    engineTime: Number.NaN,
  };
  /** sysUpTime fell between two PDUs and did not wrap. */
  restarted = false;
  readonly #errors: PollErrors;
  readonly #rejected: (reason: ValueReason, field: string) => void;
  /** Ticks that one poll can take at most. */
  readonly #longestPoll: number;
  #last = Number.NaN;

  constructor(
    longestPollMs: number,
    errors: PollErrors,
    rejected: (reason: ValueReason, field: string) => void,
  ) {
    this.#longestPoll = longestPollMs / 10;
    this.#errors = errors;
    this.#rejected = rejected;
  }

  /** Names to ask before the columns: sysUpTime in each PDU, the others in the first. */
  wanted(isFirst: boolean): string[] {
    return isFirst ? [SYS_UPTIME, ...SCALARS.map(({ oid }) => oid)] : [SYS_UPTIME];
  }

  read(varbinds: readonly Varbind[]): void {
    for (const varbind of varbinds) {
      if (isException(varbind)) continue;
      if (varbind.oid === `${SYS_UPTIME}.0`) this.#uptime(varbind);
      const scalar = SCALARS.find(({ oid }) => varbind.oid === `${oid}.0`);
      if (scalar !== undefined) this.#set(scalar.field, varbind);
      // Any other name is what follows an object that the agent does not have.
    }
  }

  #uptime(varbind: Varbind): void {
    const uptime = this.#number('sys_uptime', varbind, TICKS);
    if (Number.isNaN(uptime)) return;
    if (Number.isNaN(this.state.sysUptime)) this.state.sysUptime = uptime;
    // 32 bits of ticks are full after 497.1 days: shortly before that a fall is a wrap, not a restart.
    const mayWrap = this.#last >= TICKS - this.#longestPoll && uptime <= this.#longestPoll;
    if (uptime < this.#last && !mayWrap) this.restarted = true;
    this.#last = uptime;
  }

  #set(field: ProfileScalar['field'], varbind: Varbind): void {
    const value = this.#number(field, varbind, LIMITS[field]);
    switch (field) {
      case 'host_uptime':
        this.state.hostUptime = value;
        return;
      case 'engine_boots':
        this.state.engineBoots = value;
        return;
      case 'engine_time':
        this.state.engineTime = value;
    }
  }

  #number(field: string, varbind: Varbind, limit: number): number {
    const value = readUnsigned32(varbind);
    if (typeof value === 'number' && value < limit) return value;
    const reason = typeof value === 'number' ? 'out_of_range' : value;
    this.#errors.add(reason, field);
    this.#rejected(reason, field);
    return Number.NaN;
  }
}
