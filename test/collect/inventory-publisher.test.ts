import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { partitionFor } from '../../pipeline/broker/partitioner.ts';
import type { Broker, BrokerRecord } from '../../pipeline/broker/port.ts';
import type { Codec } from '../../pipeline/codec/port.ts';
import { parseInventory, type Inventory } from '../../pipeline/collect/inventory.ts';
import { inventoryPublisher, type InventoryPublisher } from '../../pipeline/collect/inventory-publisher.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { silentLog } from '../support/log.ts';
import { beforeFirstTransaction } from '../support/before-first-transaction.ts';

const PARTITIONS = 3;
let broker: Broker;
let codec: Codec;
let publishers: InventoryPublisher[];

beforeEach(async () => {
  publishers = [];
  broker = memoryBroker({ clock: Date.now });
  await broker.start();
  await broker.createTopics(
    (['inventory.device', 'control.site'] as const).map((topic) => ({
      topic,
      partitions: PARTITIONS,
      cleanup: 'compact',
      retentionMs: catalogue[topic].retentionMs,
      maxRecordBytes: catalogue[topic].maxRecordBytes,
    })),
  );
  codec = await startedCodec();
});

afterEach(async () => {
  for (const publisher of publishers) await publisher.stop();
  await broker.stop();
});

const inventory = (text: string, domain = 'default'): Inventory =>
  parseInventory(text, { domain, zone: 'lab', defaults: { intervalMs: 60_000, credential: 'public' } });

const SITE = '{ slug: zrh, time_zone: Europe/Zurich }';
const devices = (...names: string[]): string =>
  names.map((name, i) => `{ name: ${name}, address: 192.0.2.${i + 1}, site: zrh }`).join();
const file = (sites: string, list: string): string => `sites: [${sites}]\ndevices: [${list}]`;

async function started(text: string, domain?: string): Promise<InventoryPublisher> {
  const publisher = publisherOn(broker, text, domain);
  await publisher.start();
  return publisher;
}

function publisherOn(on: Broker, text: string, domain?: string): InventoryPublisher {
  const publisher = inventoryPublisher({
    broker: on,
    codec,
    catalogue,
    naming: NAMING,
    partitions: PARTITIONS,
    log: silentLog,
    inventory: inventory(text, domain),
  });
  publishers.push(publisher);
  return publisher;
}

/** Every record of the topic as "partition key", tombstones with a minus. */
async function written(topic: 'inventory.device' | 'control.site'): Promise<string[]> {
  const all: BrokerRecord[] = [];
  for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
    for await (const batch of broker.readRange({ topic, partition }, earliest, lastStable)) {
      all.push(...batch.records);
    }
  }
  return all.map(
    ({ partition, key, value }) => `${partition} ${value === null ? '-' : ''}${key!.toString()}`,
  );
}

const at = (entity: string): string => `${partitionFor(Buffer.from(entity), PARTITIONS)} `;

describe('the publisher', () => {
  it('puts each device to the partition of its entity and each site to every partition', async () => {
    await started(file(SITE, devices('a', 'b', 'c')));
    expect(new Set(await written('inventory.device'))).toEqual(
      new Set(['a', 'b', 'c'].map((name) => `default/device/${name}`).map((key) => `${at(key)}${key}`)),
    );
    expect(await written('control.site')).toEqual([0, 1, 2].map((partition) => `${partition} default/zrh`));
  });

  it('writes nothing again after a restart', async () => {
    await started(file(SITE, devices('a', 'b')));
    const again = await started(file(SITE, devices('a', 'b')));
    expect(await written('inventory.device')).toHaveLength(2);
    expect(await written('control.site')).toHaveLength(3);
    expect(await again.publish(inventory(file(SITE, devices('a', 'b'))))).toEqual({ written: 0, removed: 0 });
  });

  it('writes only what changed, and a tombstone for what is gone', async () => {
    const publisher = await started(file(SITE, devices('a', 'b')));
    const before = await written('inventory.device');
    const changes = await publisher.publish(
      inventory(file(SITE, '{ name: b, address: 192.0.2.2, site: zrh, role: switch }')),
    );
    expect(changes).toEqual({ written: 1, removed: 1 });
    const added = (await written('inventory.device')).filter(
      (one) => one.includes('-') || !before.includes(one),
    );
    expect(added).toContain(`${at('default/device/a')}-default/device/a`);
    expect(await written('control.site')).toHaveLength(3);
  });

  it('removes a site from every partition', async () => {
    const publisher = await started(file(SITE, ''));
    expect(await publisher.publish(inventory(file('', '')))).toEqual({ written: 0, removed: 1 });
    expect((await written('control.site')).filter((one) => one.includes('-'))).toHaveLength(3);
  });

  it('leaves other domains alone', async () => {
    await started(file(SITE, devices('a')), 'other');
    await started(file('', ''), 'default');
    expect(await written('inventory.device')).toEqual([`${at('other/device/a')}other/device/a`]);
    expect((await written('control.site')).some((one) => one.includes('-'))).toBe(false);
  });

  it('replaces a record that cannot be decoded', async () => {
    const key = Buffer.from('default/device/a');
    const producer = broker.producer();
    await producer.start();
    const partition = partitionFor(key, PARTITIONS);
    await producer.send([{ topic: 'inventory.device', partition, key, value: Buffer.from('not avro') }]);
    const publisher = await started(file(SITE, devices('a')));
    expect((await written('inventory.device')).at(-1)).toBe(`${partition} default/device/a`);
    expect(await publisher.publish(inventory(file(SITE, devices('a'))))).toEqual({ written: 0, removed: 0 });
    await producer.stop();
  });

  it.each([
    ['the same file writes nothing twice', 'a'],
    ['an older file writes its own once more', 'old'],
  ])('that is fenced by one with %s', async (_what, other) => {
    const text = file(SITE, devices('a'));
    const first = publisherOn(
      beforeFirstTransaction(broker, async () => {
        await started(file(SITE, devices(other)));
      }),
      text,
    );
    await first.start();
    const keys = (await written('inventory.device')).map((one) => one.replace(/^\d+ /, ''));
    expect(keys.toSorted()).toEqual(
      other === 'a'
        ? ['default/device/a']
        : ['-default/device/old', 'default/device/a', 'default/device/old'],
    );
    expect(await written('control.site')).toHaveLength(3);
    expect(await first.publish(inventory(text))).toEqual({ written: 0, removed: 0 });
  });
});
