/** When each reading was where: the broker's append times and PostgreSQL's commit times, all by this machine's clock. */
import type { Pool } from 'pg';
import type { Broker } from '../../../pipeline/broker/port.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { deviceId } from '../../../pipeline/model/entity.ts';
import { catalogue, topicName, type Naming } from '../../../topics/catalogue.ts';
import { assertValid } from '../bench.ts';

/** Append time by `<entity> <observed_at>`. */
export type Appended = ReadonlyMap<string, number>;

/** Of the readings observed from `fromMs` on. */
export async function appendTimes(
  broker: Broker,
  codec: Codec,
  naming: Naming,
  topic: 'raw.interface' | 'metric.interface',
  fromMs: number,
): Promise<Appended> {
  const decoder = codec.readingDecoder(topic);
  const reading = codec.newReading(topic);
  const times = new Map<string, number>();
  const name = topicName(catalogue[topic], naming);
  for (const { partition, earliest, lastStable } of await broker.offsets(name)) {
    for await (const { records } of broker.readRange({ topic: name, partition }, earliest, lastStable)) {
      await decoder.prepare(records.map(({ value }) => value));
      for (const { value, appendedAtMs } of records) {
        assertValid(decoder.decode(value!, reading) === undefined, `${topic} cannot be decoded`);
        if (reading.observedAtMs < fromMs) continue;
        const id = `${reading.entity} ${reading.observedAtMs}`;
        assertValid(!times.has(id), `${topic} has ${id} twice`);
        times.set(id, appendedAtMs);
      }
    }
  }
  return times;
}

/** Commit time of each reading's rows. @throws Error when one has not exactly `rowsPerEntity` rows. */
export async function commitTimes(
  pool: Pool,
  entities: readonly string[],
  fromMs: number,
  rowsPerEntity: number,
): Promise<Appended> {
  const { rows } = await pool.query<{ device: string; observed: string; committed: number; count: number }>(
    `SELECT device_id AS device, (extract(epoch FROM recorded_at) * 1000)::bigint AS observed, count(*)::int AS count,
            max(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::float8 AS committed
       FROM interface_metrics WHERE recorded_at >= to_timestamp($1 / 1000.0) GROUP BY 1, 2`,
    [fromMs],
  );
  const entityOf = new Map(entities.map((entity) => [deviceId(entity), entity]));
  return new Map(
    rows.map(({ device, observed, committed, count }) => {
      assertValid(count === rowsPerEntity, `${count} rows of one reading`);
      return [`${entityOf.get(device)!} ${observed}`, committed];
    }),
  );
}
