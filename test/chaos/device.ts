/** A device that misbehaves in every way that the notes on rates know: its polls, as a collector would send them. */
import type { RawRecord, Row } from '../verify/records.ts';
import type { Chance } from './chance.ts';
import { Port } from './port.ts';

const WRAP_TICKS = 2 ** 32;

export interface DeviceOptions {
  readonly chance: Chance;
  readonly entity: string;
  readonly ports: number;
  readonly intervalMs: number;
  readonly startMs: number;
  /** Share of polls in which something happens. */
  readonly trouble: number;
}

export class MisbehavingDevice {
  readonly entity: string;
  readonly #chance: Chance;
  readonly #ports: Port[];
  readonly #intervalMs: number;
  readonly #trouble: number;
  readonly #tells: { readonly uptime: boolean; readonly host: boolean; readonly engine: boolean };
  readonly #parts: number;
  #atMs: number;
  /** When agent and host started, in ms; before the start of the run. */
  #agentStart: number;
  #hostStart: number;
  #boots = 3n;
  #polls = 0;
  #stale = 0;
  #silent = 0;
  #last: RawRecord[] = [];

  constructor({ chance, entity, ports, intervalMs, startMs, trouble }: DeviceOptions) {
    this.#chance = chance;
    this.entity = entity;
    this.#intervalMs = intervalMs;
    this.#trouble = trouble;
    this.#atMs = startMs;
    const widths = chance.pick(['hc', 'hc', 'wide', 'low'] as const);
    const sameNames = chance.happens(0.2);
    this.#ports = Array.from({ length: ports }, (_, at) => {
      const name = sameNames && at < 3 ? 'eth' : at % 11 === 10 ? null : `Gi1/0/${at}`;
      return new Port(chance, at === 0 ? 0 : at * 10, name, widths);
    });
    this.#tells = { uptime: chance.happens(0.85), host: chance.happens(0.5), engine: chance.happens(0.6) };
    this.#parts = chance.happens(0.2) && ports >= 4 ? 2 : 1;
    // Some are about to wrap their sysUpTime.
    const ageTicks = chance.happens(0.3) ? WRAP_TICKS - chance.below(60_000) : chance.below(WRAP_TICKS / 2);
    this.#agentStart = startMs - ageTicks * 10;
    this.#hostStart = this.#agentStart - 30_000;
  }

  /** The records of the next poll, at `atMs` or a little later. */
  poll(atMs: number): RawRecord[] {
    const observedAt = atMs + this.#chance.below(Math.max(1, this.#intervalMs / 50));
    const seconds = (observedAt - this.#atMs) / 1000;
    this.#atMs = observedAt;
    this.#polls += 1;
    for (const port of this.#ports) port.pass(seconds);
    if (this.#chance.happens(this.#trouble)) this.#misbehave();
    if (this.#silent > 0) {
      this.#silent -= 1;
      if (this.#chance.happens(0.5)) return [];
      return [this.#record(observedAt, 'failed', 1, 1, this.#chance.happens(0.2) ? this.#rows(false) : [])];
    }
    if (this.#stale > 0 && this.#last.length > 0) {
      this.#stale -= 1;
      return this.#last.map(({ part, parts, rows }) =>
        this.#record(observedAt, 'complete', part, parts, rows),
      );
    }
    const lost = this.#chance.happens(this.#trouble / 2);
    const rows = this.#rows(lost);
    const records = this.#split(observedAt, lost ? 'partial' : 'complete', rows);
    this.#last = records;
    return this.#resend(records);
  }

  #misbehave(): void {
    const { below } = this.#chance;
    switch (below(9)) {
      case 0:
        this.#agentStart = this.#atMs - below(500);
        this.#hostStart = this.#agentStart;
        this.#boots += 1n;
        for (const port of this.#ports) port.reset();
        return;
      case 1:
        this.#agentStart = this.#atMs - below(500);
        this.#boots += 1n;
        return;
      case 2:
        this.#stale = 1 + below(3);
        return;
      case 3:
        this.#silent = 1 + below(6);
        return;
      case 4:
        // Numbered anew: two ports swap their ifIndex.
        [this.#ports[0]!.index, this.#ports.at(-1)!.index] = [
          this.#ports.at(-1)!.index,
          this.#ports[0]!.index,
        ];
        return;
      default:
        this.#chance.pick(this.#ports).misbehave(this.#ticks(this.#agentStart));
    }
  }

  #rows(lost: boolean): Row[] {
    return this.#ports.filter(() => !this.#chance.happens(this.#trouble / 20)).map((port) => port.row(lost));
  }

  #split(observedAt: number, status: RawRecord['status'], rows: readonly Row[]): RawRecord[] {
    if (this.#parts === 1) return [this.#record(observedAt, status, 1, 1, rows)];
    const half = Math.ceil(rows.length / 2);
    return [rows.slice(0, half), rows.slice(half)].map((part, at) =>
      this.#record(observedAt, status, at + 1, 2, part),
    );
  }

  /** Now and then a collector sends a record twice, or an older one after a newer. */
  #resend(records: RawRecord[]): RawRecord[] {
    if (!this.#chance.happens(this.#trouble / 10)) return records;
    const late = { ...records[0]!, observed_at: records[0]!.observed_at - 1_000 };
    return [...records, this.#chance.pick([records[0]!, late])];
  }

  #record(
    observedAt: number,
    status: RawRecord['status'],
    part: number,
    parts: number,
    rows: readonly Row[],
  ): RawRecord {
    const answers = status !== 'failed' || rows.length > 0;
    const { uptime, host, engine } = this.#tells;
    const engineTime = BigInt(Math.floor((this.#atMs - this.#agentStart) / 1000));
    return {
      domain: this.entity.split('/')[0]!,
      entity: this.entity,
      device_ip: '192.0.2.7',
      collector_id: 'chaos',
      poll_id: pollId(this.entity, this.#polls),
      part,
      parts,
      observed_at: observedAt,
      duration_ms: this.#chance.happens(0.05) ? null : 5 + this.#chance.below(40),
      interval_ms: this.#intervalMs,
      sys_uptime: answers && uptime && !this.#chance.happens(0.02) ? this.#ticks(this.#agentStart) : null,
      host_uptime: answers && host ? this.#ticks(this.#hostStart) : null,
      engine_boots: answers && engine ? this.#boots : null,
      // Some agents tell negative ones.
      engine_time: answers && engine ? (this.#chance.happens(0.01) ? -engineTime : engineTime) : null,
      status,
      errors: status === 'complete' ? [] : ['timeout'],
      rows,
    };
  }

  #ticks(startMs: number): bigint {
    return BigInt(Math.floor((this.#atMs - startMs) / 10) % WRAP_TICKS);
  }
}

/** UUIDv7 in form; unique by device and poll. */
function pollId(entity: string, poll: number): string {
  const device = Buffer.from(entity).reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 7);
  const hex = device.toString(16).padStart(8, '0');
  return `0190b5a0-${hex.slice(0, 4)}-7000-8${hex.slice(4, 7)}-${hex[7]!}${poll.toString(16).padStart(11, '0')}`;
}
