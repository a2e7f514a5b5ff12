/**
 * Polls of a simulated network in the peer's raw schema (Network.java's shape: daily season, noise, now and then a
 * spike or a reboot), by avsc, for what needs no broker. The Kafka bench reads the peer's own topic.
 */
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { frameWriter } from '../../codec/compiled/avsc-frames.ts';
import { Int64 } from '../../../pipeline/codec/int64.ts';
import { randomFrom } from '../../support/random-from.ts';
import { COUNTERS, peerSchema, SCHEMA_IDS } from './peer-topics.ts';

export interface RawRow {
  readonly if_index: number;
  readonly if_name: string;
  readonly oper_status: number;
  readonly high_speed: number;
  readonly counters: readonly bigint[];
}

/** What a test says of a poll; the rest is constant. */
export interface RawPoll {
  readonly entity: string;
  readonly pollId: number;
  readonly observedAtMs: number;
  readonly uptime: number;
  readonly boots: number;
  readonly rows: readonly RawRow[];
}

/** @returns what encodes a poll as one framed record. */
export async function pollEncoder(): Promise<(poll: RawPoll) => Buffer> {
  const write = frameWriter(avroType(peerSchema('raw'), 'halves'), () => SCHEMA_IDS.raw);
  return (poll) =>
    write({
      entity: poll.entity,
      device_ip: poll.entity,
      collector_id: 'c-1',
      poll_id: Int64.fromNumber(poll.pollId),
      observed_at: poll.observedAtMs,
      duration_ms: 200,
      sys_uptime: Int64.fromNumber(poll.uptime),
      engine_boots: poll.boots,
      status: 'complete',
      errors: [],
      rows: poll.rows.map(({ counters, ...row }) => ({
        ...row,
        ...Object.fromEntries(COUNTERS.map((name, metric) => [name, int64(counters[metric]!)])),
      })),
    });
}

function int64(value: bigint): Int64 {
  return new Int64(Number((value >> 32n) & 0xffff_ffffn), Number(value & 0xffff_ffffn));
}

export interface NetworkOptions {
  readonly seed: number;
  readonly devices: number;
  readonly rowsPerDevice: number;
}

const SPIKE = 1e-4;
const REBOOT = 1e-4;
const PER_SECOND = [4e6, 3e6, 6e3, 5e3, 2, 1, 5, 3];
const DAY_MS = 86_400_000;

/** Devices whose counters go on from poll to poll. */
export class Network {
  readonly entities: readonly string[];
  readonly #chance: () => number;
  readonly #rows: number;
  readonly #names: readonly string[];
  readonly #counters: BigInt64Array;
  readonly #levels: Float64Array;
  readonly #phases: Float64Array;
  readonly #uptimes: Float64Array;
  readonly #boots: Int32Array;

  constructor({ seed, devices, rowsPerDevice }: NetworkOptions) {
    const chance = randomFrom(seed);
    this.#chance = chance;
    this.#rows = rowsPerDevice;
    this.entities = Array.from({ length: devices }, (_, device) => `10.${device >> 8}.${device & 255}.1`);
    this.#names = Array.from({ length: rowsPerDevice }, (_, row) => `GigabitEthernet0/${row}`);
    this.#counters = BigInt64Array.from({ length: devices * rowsPerDevice * COUNTERS.length }, (_, at) =>
      BigInt(Math.floor(chance() * 2 ** (at % COUNTERS.length < 4 ? 40 : 32))),
    );
    this.#levels = Float64Array.from({ length: devices * rowsPerDevice }, () => Math.exp(chance() * 4 - 3));
    this.#phases = Float64Array.from({ length: devices }, () => chance() * 2 * Math.PI);
    this.#uptimes = Float64Array.from({ length: devices }, () => Math.floor(chance() * 2 ** 30));
    this.#boots = new Int32Array(devices);
  }

  /** The device's next poll, `seconds` after its last one. */
  poll(device: number, pollId: number, observedAtMs: number, seconds: number): RawPoll {
    const isReboot = this.#chance() < REBOOT;
    this.#uptimes[device]! += seconds * 100;
    if (isReboot) {
      this.#uptimes[device] = 1000;
      this.#boots[device]! += 1;
    }
    const season =
      1 + 0.6 * Math.sin((2 * Math.PI * (observedAtMs % DAY_MS)) / DAY_MS + this.#phases[device]!);
    return {
      entity: this.entities[device]!,
      pollId,
      observedAtMs,
      uptime: this.#uptimes[device]!,
      boots: this.#boots[device]!,
      rows: this.#names.map((name, row) => ({
        if_index: row + 1,
        if_name: name,
        oper_status: 1,
        high_speed: 10_000,
        counters: this.#grown(device * this.#rows + row, season * seconds, isReboot),
      })),
    };
  }

  #grown(port: number, season: number, isReboot: boolean): bigint[] {
    return COUNTERS.map((_, metric) => {
      const at = port * COUNTERS.length + metric;
      const noise = 1 + 0.1 * (this.#chance() + this.#chance() + this.#chance() - 1.5) * 2;
      const spiked = this.#chance() < SPIKE ? noise * 10 : noise;
      const growth = BigInt(Math.floor(PER_SECOND[metric]! * this.#levels[port]! * season * spiked));
      const next = isReboot ? 0n : this.#counters[at]! + growth;
      return (this.#counters[at] = metric < 4 ? next : next & 0xffff_ffffn);
    });
  }
}
