/**
 * Raw readings to measure with: random walks that no stage was tuned to. Each port has its own level, drift, bursts and
 * idle times; counters begin anywhere below 2^62 (or 2^32), so halves carry and 32-bit shadows wrap.
 */
import type { Codec } from '../../pipeline/codec/port.ts';
import { entityKey } from '../../pipeline/model/entity.ts';
import type { CounterColumn, Reading } from '../../pipeline/model/reading.ts';
import { catalogue, rowFields } from '../../topics/catalogue.ts';
import { randomFrom } from '../support/random-from.ts';

export interface LoadOptions {
  readonly seed: number;
  readonly entities: number;
  readonly rowsPerEntity: number;
  readonly startMs: number;
  readonly intervalMs: number;
  /** Metrics of either direction that the ports count; all unless told. */
  readonly metrics?: readonly LoadMetric[];
}

export interface Load {
  readonly entities: readonly string[];
  /** Counters of a row that are counted as samples: those without the 32-bit shadows. */
  readonly countersPerRow: number;
  /** One encoded raw.interface record per entity for the poll `step`, in order of entities; `at` overrides its time. */
  poll(step: number, at?: PollTime): Buffer[];
  /** The poll `step` of one entity alone, encoded; each entity's polls in their order. */
  record(entity: number, step: number, at: PollTime): Buffer;
}

export interface PollTime {
  readonly observedAtMs: number;
  /** Since the poll before. */
  readonly intervalMs: number;
}

/** Share of polls in which a counter of this kind moves at all, and how much of the octets it amounts to. */
const COUNTERS = [
  { name: 'octets', perOctet: 1, moving: 0.98 },
  { name: 'unicast_packets', perOctet: 1 / 600, moving: 0.98 },
  { name: 'multicast_packets', perOctet: 1 / 60_000, moving: 0.9 },
  { name: 'broadcast_packets', perOctet: 1 / 90_000, moving: 0.8 },
  { name: 'errors', perOctet: 1e-9, moving: 0.05 },
  { name: 'discards', perOctet: 1e-8, moving: 0.1 },
] as const;

export type LoadMetric = (typeof COUNTERS)[number]['name'];

export function load(
  codec: Codec,
  { seed, entities, rowsPerEntity, startMs, intervalMs: usualMs, metrics }: LoadOptions,
): Load {
  const chance = randomFrom(seed);
  const keys = Array.from({ length: entities }, (_, index) =>
    entityKey('bench', 'device', `device-${index}`),
  );
  const counted = COUNTERS.filter(({ name }) => metrics?.includes(name) ?? true);
  const columns = counted.flatMap(({ name, perOctet, moving }) =>
    (['in', 'out'] as const).map((direction) => ({ name: `${direction}_${name}`, perOctet, moving })),
  );
  const rows = entities * rowsPerEntity;
  const levels = Float64Array.from({ length: rows }, () => 10 ** (3 + 5 * chance()));
  const values = columns.map(({ name }) =>
    Array.from(
      { length: rows },
      () =>
        BigInt(Math.floor(chance() * 2 ** (name.includes('err') || name.includes('disc') ? 31 : 52))) *
        (name.includes('err') || name.includes('disc') ? 1n : 1023n),
    ),
  );
  const reading = codec.newReading('raw.interface');
  const encoder = codec.readingEncoder('raw.interface');
  const present = new Set(rowFields(catalogue['raw.interface']).map(({ name }) => name));

  const advance = (row: number, intervalMs: number): void => {
    levels[row] = Math.min(1e8, Math.max(10, levels[row]! * (0.8 + 0.45 * chance())));
    const octets = (levels[row] * intervalMs) / 1000;
    for (const [index, { perOctet, moving }] of columns.entries()) {
      if (chance() > moving) continue;
      values[index]![row]! += BigInt(Math.ceil(octets * perOctet * (0.7 + 0.6 * chance())));
    }
  };

  const record: Load['record'] = (number, step, { observedAtMs, intervalMs }) => {
    envelope(reading, {
      entity: keys[number]!,
      number,
      step,
      observedAtMs,
      intervalMs,
      upMs: observedAtMs - startMs,
    });
    reading.reset(rowsPerEntity);
    for (let port = 0; port < rowsPerEntity; port += 1) {
      const row = number * rowsPerEntity + port;
      if (step > 0) advance(row, intervalMs);
      describePort(reading, port);
      for (const [index, { name }] of columns.entries()) {
        const value = values[index]![row]!;
        put(reading.counter(name), port, value);
        if (name.endsWith('octets') && present.has(`${name}_32`)) {
          put(reading.counter(`${name}_32`), port, value & 0xffff_ffffn);
        }
      }
    }
    return encoder.encode(reading);
  };

  return {
    entities: keys,
    countersPerRow: columns.length,
    record,
    poll(step, at = { observedAtMs: startMs + step * usualMs, intervalMs: usualMs }) {
      // Devices are not polled all at once.
      const each = (number: number) => ({ ...at, observedAtMs: at.observedAtMs + number });
      return keys.map((_, number) => record(number, step, each(number)));
    },
  };
}

interface Polled extends PollTime {
  readonly entity: string;
  readonly number: number;
  readonly step: number;
  readonly upMs: number;
}

function envelope(reading: Reading, { entity, number, step, observedAtMs, intervalMs, upMs }: Polled): void {
  reading.domain = 'bench';
  reading.entity = entity;
  reading.deviceIp = `127.1.${number >> 8}.${number & 255}`;
  reading.collectorId = 'bench';
  reading.pollId = `0190b5a0-0000-7000-8000-${(number * 100_000 + step).toString(16).padStart(12, '0')}`;
  reading.observedAtMs = observedAtMs;
  reading.durationMs = 20;
  reading.intervalMs = intervalMs;
  reading.sysUptime = 1_000_000 + Math.floor(upMs / 10);
  reading.engineBoots = 1;
  reading.engineTime = 10_000 + Math.floor(upMs / 1000);
}

function describePort(reading: Reading, port: number): void {
  reading.number('if_index').values[port] = port + 1;
  reading.text('if_name').set(port, `GigabitEthernet1/0/${port + 1}`);
  reading.number('admin_status').values[port] = 1;
  reading.number('oper_status').values[port] = 1;
  reading.number('mtu').values[port] = 9000;
  reading.number('if_high_speed').values[port] = 10_000;
  reading.number('duplex').values[port] = 3;
  reading.number('discontinuity_time').values[port] = 0;
}

function put(column: CounterColumn, row: number, value: bigint): void {
  column.hi[row] = Number(value >> 32n);
  column.lo[row] = Number(value & 0xffff_ffffn);
  column.known[row] = 1;
}
