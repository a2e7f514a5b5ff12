import { describe, expect, it } from '@jest/globals';
import type { Broker, ConsumerOptions, TopicPartition } from '../../pipeline/broker/port.ts';
import { postgresService } from '../services/postgres.ts';
import { countOf, NOW } from '../sink/sink-lab.ts';
import { sinkTrials } from '../sink/sink-trials.ts';
import { until } from '../support/until.ts';

const postgres = postgresService();
const { startLab } = sinkTrials();
const PARTITION: TopicPartition = { topic: 'metric.interface', partition: 0 };

/** The broker, and what its consumers' members are told. */
function overheard(broker: Broker, consumers: ConsumerOptions[]): Broker {
  return new Proxy(broker, {
    get(target, property) {
      if (property === 'consumer') {
        return (options: ConsumerOptions) => {
          consumers.push(options);
          return target.consumer(options);
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('a sink that loses a partition', () => {
  it('leaves what it has not stored to the next owner, which has begun already', async () => {
    const { pool } = await postgres.database();
    const lab = await startLab(pool);
    const consumers: ConsumerOptions[] = [];
    const settings = { writer: 'w', flushMs: 60_000, flushRows: 1e6 };
    const first = lab.sink({
      broker: overheard(lab.broker, consumers),
      settings: { ...settings, group: 'a' },
    });
    await first.start();
    await lab.sendReading(lab.reading('r1', NOW, ['Gi0/1', 'Gi0/2']));
    await until(() => first.status().bufferedRows === 2, 'the first to have taken the rows');
    const second = lab.sink({ settings: { ...settings, group: 'b', flushRows: 4 } });
    await second.start();
    await until(() => second.status().bufferedRows === 2, 'the second to have begun');
    await consumers[0]!.handlers.revoked([PARTITION]);
    await lab.sendReading(lab.reading('r1', NOW - 1000, ['Gi0/1', 'Gi0/2']));
    await until(() => second.idle, 'the second to have stored everything');
    expect(await countOf(pool, 'interface_metrics')).toBe(4);
    expect(lab.observed.lost).toBe(0);
  });
});
