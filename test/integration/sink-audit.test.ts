/** The README's question to data_collection_audit: who polled a device when, at the seams. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { deviceId } from '../../pipeline/model/entity.ts';
import { postgresService } from '../services/postgres.ts';
import { collectionRecord, countOf, sinkLab, type SinkLab } from '../sink/sink-lab.ts';
import { until } from '../support/until.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const QUERY = /SELECT[^;]*FROM data_collection_audit[^;]*/.exec(
  readme.slice(readme.indexOf('-- who polled')),
)![0];

const postgres = postgresService();
let lab: SinkLab | undefined;

afterEach(async () => {
  await lab?.stop();
  lab = undefined;
});

describe('the seams of polling', () => {
  it('are silences of more than two intervals, also the one that lasts, and takeovers', async () => {
    const { pool } = await postgres.database();
    // The query asks for the last day of the server's clock.
    const nowMs = Math.floor(Date.now() / 1000) * 1000;
    const clock = () => nowMs;
    lab = await sinkLab(pool, { broker: memoryBroker({ clock }) });
    for (const name of ['r1', 'r2']) {
      await pool.query(
        `INSERT INTO devices (device_id, domain, entity, hostname, interval_ms) VALUES ($1, 'default', $2, $3, 60000)`,
        [deviceId(`default/device/${name}`), `default/device/${name}`, name],
      );
    }
    const polls: [device: string, minutesAgo: number, collector: string][] = [
      ['r1', 40, 'c1'],
      ['r1', 39, 'c1'],
      ['r1', 37, 'c1'], // one missed: two intervals exactly
      ['r1', 36, 'c2'], // taken over in time
      ['r1', 30, 'c2'], // after a silence
      ['r1', 29, 'c1'], // taken back, and silent since
      ['r2', 2, 'c1'],
      ['r2', 1, 'c1'],
      ['r2', 0, 'c1'],
    ];
    for (const [device, minutesAgo, collector_id] of polls) {
      const entity = `default/device/${device}`;
      const started_at = nowMs - minutesAgo * 60_000;
      const poll = { entity, device_id: deviceId(entity), collector_id, started_at };
      await lab.sendRecord('ops.collection', entity, collectionRecord(poll));
    }
    await lab.sink({ clock }).start();
    await until(async () => (await countOf(pool, 'data_collection_audit')) === polls.length, 'the polls');

    const { rows } = await pool.query<Record<string, unknown> & { polled_at: Date }>(QUERY);
    const seams = rows.map(({ hostname, polled_at, polled_by, next_by, silence }) => {
      const minutesAgo = Math.round((nowMs - polled_at.getTime()) / 60_000);
      return [hostname, minutesAgo, polled_by, next_by, silence];
    });
    expect(seams).toEqual([
      ['r1', 37, 'c1', 'c2', false],
      ['r1', 36, 'c2', 'c2', true],
      ['r1', 30, 'c2', 'c1', false],
      ['r1', 29, 'c1', null, true],
    ]);
  });
});
