import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import type { Broker } from '../../../pipeline/broker/port.ts';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { frameWriter } from '../../codec/compiled/avsc-frames.ts';
import { compareOutputs } from './compare-outputs.ts';
import { peerSchema, SCHEMA_IDS } from './peer-topics.ts';

const OURS = { deviation: 'lean.deviation', anomaly: 'lean.anomaly' };
const THEIRS = { deviation: 'peer.deviation', anomaly: 'peer.anomaly' };

const score = { value: 100, expected: 90, scale: 2, sigma: 5 };
const row = { if_index: 1, if_name: 'Gi0/1', quality: 'ok', metrics: [score, null] };
const deviation = { entity: '10.0.0.1', poll_id: 7n, observed_at: 1_000, rows: [row] };
const anomaly = { entity: '10.0.0.1', observed_at: 1_000, if_index: 1, metric: 0, ...score, sigma: 7 };

describe('comparing the outputs of two jobs', () => {
  let broker: Broker;

  beforeEach(async () => {
    broker = memoryBroker({ clock: Date.now, maxPartitionBytes: 1e6 });
    await broker.start();
    await broker.createTopics(
      [OURS, THEIRS].flatMap(Object.values<string>).map((topic) => ({
        topic,
        partitions: 2,
        cleanup: 'delete' as const,
        retentionMs: Infinity,
        maxRecordBytes: 1e6,
      })),
    );
  });

  afterEach(() => broker.stop());

  async function write(to: typeof OURS, deviations: readonly object[], anomalies: readonly object[]) {
    const producer = broker.producer();
    await producer.start();
    for (const [kind, values] of [
      ['deviation', deviations],
      ['anomaly', anomalies],
    ] as const) {
      const frame = frameWriter(avroType(peerSchema(kind), 'bigint'), () => SCHEMA_IDS[kind]);
      const record = { topic: to[kind], partition: 1, key: null };
      await producer.send(values.map((value) => ({ ...record, value: frame(value) })));
    }
    await producer.stop();
  }

  it('counts what is the same', async () => {
    const last = { ...deviation, poll_id: 8n };
    // As good as the same: another rounding of a double, and of a float.
    const rounded = {
      ...last,
      rows: [{ ...row, metrics: [{ ...score, value: 100 + 1e-12, sigma: 5.000_001 }, null] }],
    };
    await write(OURS, [deviation, last], [anomaly]);
    await write(THEIRS, [deviation, rounded], [anomaly]);
    expect(await compareOutputs(broker, OURS, THEIRS)).toEqual({
      polls: 2,
      identicalPolls: 1,
      scores: 3,
      anomalies: 1,
      differences: 0,
      shown: [],
    });
  });

  const withRow = (over: object) => ({ ...deviation, rows: [{ ...row, ...over }] });
  it.each([
    ['a double', withRow({ metrics: [{ ...score, expected: 90.000_001 }, null] }), 'expected 90'],
    ['a float', withRow({ metrics: [{ ...score, scale: 2.0001 }, null] }), 'scale 2'],
    ['a number that is none', withRow({ metrics: [{ ...score, sigma: Number.NaN }, null] }), 'sigma 5'],
    ['a null', withRow({ metrics: [score, score] }), 'null, not so the peer'],
    ['a verdict', withRow({ quality: 'reset' }), 'quality ok, of the peer reset'],
    ['a name', withRow({ if_name: 'Gi0/2' }), 'Gi0/1 is 1 Gi0/2'],
    ['a row', { ...deviation, rows: [row, row] }, '1 rows, of the peer 2'],
    ['a poll', { ...deviation, poll_id: 8n }, 'poll 7 stands where the peer has'],
  ])('finds that %s differs', async (_what, theirs, words) => {
    await write(OURS, [deviation], []);
    await write(THEIRS, [theirs], []);
    const { differences, shown } = await compareOutputs(broker, OURS, THEIRS);
    expect(differences).toBe(1);
    expect(shown[0]).toContain(words);
  });

  it('finds records that one side alone has', async () => {
    await write(OURS, [deviation], [anomaly]);
    await write(THEIRS, [deviation, deviation], []);
    const { shown } = await compareOutputs(broker, OURS, THEIRS);
    expect(shown).toEqual([
      'a deviation that only the peer sent',
      'anomaly 10.0.0.1 at 1000 row 1 metric 0, of the peer none',
    ]);
  });

  it('finds an anomaly of another metric', async () => {
    await write(OURS, [], [anomaly]);
    await write(THEIRS, [], [{ ...anomaly, metric: 3 }]);
    const { differences } = await compareOutputs(broker, OURS, THEIRS);
    expect(differences).toBe(1);
  });
});
