/** What the peer's topics carry (peers/kafka-streams/schemas): names, schema ids in the frames, orders of symbols. */
import { readFileSync } from 'node:fs';
import type { AvroSchema } from '../../../pipeline/codec/port.ts';

/** Of a raw row, in the order of its fields and of a deviation's `metrics`. */
export const COUNTERS = [
  'in_octets',
  'out_octets',
  'in_ucast_pkts',
  'out_ucast_pkts',
  'in_errors',
  'out_errors',
  'in_discards',
  'out_discards',
] as const;

export const METRICS = COUNTERS.length;

/** Symbols of the enum Quality. */
export const PEER_QUALITIES = ['ok', 'first', 'reindexed', 'reset', 'implausible', 'stale'] as const;

/** The loader frames its values with ids that no registry gave. */
export const SCHEMA_IDS = { raw: 1, deviation: 2, anomaly: 3 } as const;

const FILES = { raw: 'raw-interface', deviation: 'deviation', anomaly: 'anomaly' } as const;

/** One of the peer's .avsc files. */
export function peerSchema(of: keyof typeof FILES): AvroSchema {
  const file = new URL(`../peers/kafka-streams/schemas/${FILES[of]}.avsc`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as AvroSchema;
}

/** Hour of the week of an epoch time, UTC: 0 = Monday 00:00. The peer's formula. */
export function hourOfWeek(epochMs: number): number {
  return (Math.floor(epochMs / 3_600_000) + 72) % 168;
}

/** Columns of the reading that the stages add for each counter. */
export const scoreColumns = COUNTERS.map((counter) => ({
  counter,
  rate: `${counter}_rate`,
  expected: `${counter}_rate.expected`,
  scale: `${counter}_rate.scale`,
  sigma: `${counter}_rate.sigma`,
}));

/** Bit m of it is set where metric m of the row is beyond the limit. */
export const ANOMALOUS_COLUMN = 'anomalous_metrics';
