import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import type { Broker, BrokerRecord } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { RulesPublisher, rulesPublishing } from '../../pipeline/collect/rules-publisher.ts';
import { catalogue, topicSpecs } from '../../topics/catalogue.ts';
import type { RuleRecord } from '../../topics/rules.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { silentLog } from '../support/log.ts';
import { maintenance, threshold } from '../support/rule.ts';
import { beforeFirstTransaction } from '../support/before-first-transaction.ts';

const PARTITIONS = 3;
let broker: Broker;
let codec: Codec;

beforeEach(async () => {
  broker = memoryBroker({ clock: Date.now });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
  codec = await startedCodec();
});

afterEach(() => broker.stop());

const deps = (on = broker) =>
  ({ broker: on, codec, catalogue, naming: NAMING, partitions: PARTITIONS, log: silentLog }) as const;
const publisher = (on?: Broker) => new RulesPublisher(deps(on));
const set = (...rules: RuleRecord[]) => ({ domain: 'default', rules });

const A = threshold({ rule_id: 'a', warn_sigma: 4 });
const B = threshold({ rule_id: 'b', suppressed: true });
const WORK = maintenance(1_000, 2_000, { rule_id: 'work', managed_by: 'command' });

/** Every record as "partition key", tombstones with a minus. */
async function written(): Promise<string[]> {
  const all: BrokerRecord[] = [];
  for (const { partition, earliest, lastStable } of await broker.offsets('control.rule')) {
    for await (const { records } of broker.readRange(
      { topic: 'control.rule', partition },
      earliest,
      lastStable,
    )) {
      all.push(...records);
    }
  }
  return all.map(
    ({ partition, key, value }) => `${partition} ${value === null ? '-' : ''}${key!.toString()}`,
  );
}

describe('rules of a file', () => {
  it('are written to every partition once, whoever starts with them again, and later', async () => {
    await rulesPublishing(deps(), set(A)).start();
    expect(await written()).toEqual(['0 default/a', '1 default/a', '2 default/a']);
    const later = set({ ...A, created_at: A.created_at + 1, created_by: 'another' });
    expect(await publisher().apply(later)).toEqual({ written: 0, removed: 0 });
    expect(await publisher().list('default')).toEqual([A]);
  });

  it('that changed are written, those that are gone removed, and only those', async () => {
    await publisher().apply(set(A, B));
    const changed = { ...B, suppressed: false };
    expect(await publisher().apply(set(changed))).toEqual({ written: 1, removed: 1 });
    expect((await written()).slice(-6).sort()).not.toContain('0 default/a');
    expect((await written()).filter((one) => one.includes('-'))).toHaveLength(PARTITIONS);
    expect(await publisher().list('default')).toEqual([changed]);
  });

  it('leave those of commands and of other domains alone', async () => {
    const other = { ...A, domain: 'other' };
    await publisher().put(WORK);
    await publisher().apply({ domain: 'other', rules: [other] });
    expect(await publisher().apply(set(A))).toEqual({ written: 1, removed: 0 });
    expect(await publisher().apply(set())).toEqual({ written: 0, removed: 1 });
    expect(await publisher().list('default')).toEqual([WORK]);
    expect(await publisher().list('other')).toEqual([other]);
  });

  it('heal a partition that lacks one, and replace what cannot be decoded', async () => {
    const producer = broker.producer();
    await producer.start();
    const key = Buffer.from('default/a');
    await producer.send([{ topic: 'control.rule', partition: 1, key, value: Buffer.from('not avro') }]);
    expect(await publisher().apply(set(A))).toEqual({ written: 1, removed: 0 });
    await producer.send([{ topic: 'control.rule', partition: 2, key, value: null }]);
    await producer.stop();
    expect(await publisher().apply(set(A))).toEqual({ written: 1, removed: 0 });
    expect(await publisher().apply(set(A))).toEqual({ written: 0, removed: 0 });
  });

  it('are not mixed up by one who writes at the same time: the later one reads what the earlier one wrote', async () => {
    const interrupted = beforeFirstTransaction(broker, () => publisher().put(WORK));
    expect(await publisher(interrupted).apply(set(A))).toEqual({ written: 1, removed: 0 });
    expect(await publisher().list('default')).toEqual([A, WORK]);
  });
});

describe('one rule', () => {
  it('is added, replaced and removed beside the others', async () => {
    await publisher().apply(set(A));
    expect(await publisher().put(WORK)).toEqual({ written: 1, removed: 0 });
    const shorter = { ...WORK, ends_at: 1_500 };
    expect(await publisher().put(shorter)).toEqual({ written: 1, removed: 0 });
    expect(await publisher().list('default')).toEqual([A, shorter]);
    expect(await publisher().remove(WORK)).toEqual({ written: 0, removed: 1 });
    expect(await publisher().list('default')).toEqual([A]);
  });
});
