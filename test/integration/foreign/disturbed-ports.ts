/**
 * A complete input of the entity sub-topology for who wants to learn: six hours of quiet ports, each disturbed once in
 * the end. What lasted was real; what was over after three minutes was a backup, and people say so.
 */
import type { Codec } from '../../../pipeline/codec/port.ts';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import { catalogue, rowFields } from '../../../topics/catalogue.ts';
import type { Verdict } from '../../../topics/rules.ts';
import type { GoldenRecord } from '../../golden/golden-input.ts';
import { randomFrom } from '../../support/random-from.ts';
import { rawReading } from '../../support/raw-reading.ts';

const START_MS = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;
const END_MINUTE = 365;
const DEVICES = 10;
const PORTS = 6;

const IDLE = Object.fromEntries(
  rowFields(catalogue['raw.interface']).flatMap(({ name, kind }) => (kind === 'counter' ? [[name, 0n]] : [])),
);

interface Disturbance {
  readonly fromMinute: number;
  readonly minutes: number;
  readonly factor: number;
}

/** Staggered over two hours, so that there are earlier ones and later ones of both kinds. */
function disturbance(device: number, port: number): Disturbance {
  const fromMinute = 220 + 2 * (device * PORTS + port);
  return isReal(device, port)
    ? { fromMinute, minutes: 15, factor: 20 }
    : { fromMinute, minutes: 3, factor: 3 };
}

function isReal(device: number, port: number): boolean {
  return (device + port) % 2 === 0;
}

export function verdictOn({ entity, interface_name }: AnomalyRecord): Verdict {
  const [device, port] = [entity, interface_name ?? ''].map((name) => Number(/\d+$/.exec(name)?.[0]));
  if (!isReal(device!, port!)) return 'false_positive';
  return port! % 3 === 0 ? 'acknowledged' : 'confirmed';
}

/** In the order of their append times. */
export function disturbedPorts(codec: Codec, seed: number): GoldenRecord[] {
  const random = randomFrom(seed);
  const encoder = codec.readingEncoder('raw.interface');
  const octets = Array.from({ length: DEVICES * PORTS }, () => 5_000_000_000);
  const records: GoldenRecord[] = [];
  for (let minute = 0; minute < END_MINUTE; minute += 1) {
    for (let device = 0; device < DEVICES; device += 1) {
      const rows = Array.from({ length: PORTS }, (_, port) => {
        const { fromMinute, minutes, factor } = disturbance(device, port);
        const load = minute >= fromMinute && minute < fromMinute + minutes ? factor : 1;
        const at = device * PORTS + port;
        octets[at] = octets[at]! + Math.round(1e7 * load * (0.9 + 0.2 * random()));
        const counter = BigInt(octets[at]);
        return {
          if_index: port + 1,
          if_name: `Gi1/0/${port}`,
          admin_status: 1,
          oper_status: 1,
          if_high_speed: 10_000n,
          ...IDLE,
          in_octets: counter,
          in_octets_32: counter & 0xffff_ffffn,
        };
      });
      const observedAtMs = START_MS + minute * MINUTE + device * 1_000;
      const entity = `default/device/r${device}`;
      const reading = rawReading(
        codec,
        { entity, observedAtMs, intervalMs: MINUTE, sysUptime: 1_000_000 + minute * 6_000 },
        rows,
      );
      const value = Buffer.from(encoder.encode(reading));
      records.push({ topic: 'raw.interface', entity, key: entity, value, appendedAtMs: observedAtMs + 100 });
    }
  }
  return records;
}
