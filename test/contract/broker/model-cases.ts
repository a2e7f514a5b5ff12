/**
 * Broker contract as a property: any sequence of sends, transactions and fences leaves what a list would hold.
 * In the model an offset is an index: each record and each marker is one entry.
 */
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import type { Producer, Transaction, TransactionalProducer } from '../../../pipeline/broker/port.ts';
import { until } from '../../support/until.ts';
import { type BrokerLab, record, unique } from './broker-lab.ts';

const PARTITIONS = 2;
const IDS = [0, 1] as const;
type Id = (typeof IDS)[number];

interface Entry {
  readonly value: string;
  state: 'open' | 'committed' | 'aborted' | 'marker';
}

/** An open transaction: its entries by partition, and the offset it will commit. */
interface OpenTransaction {
  readonly entries: Map<number, Entry[]>;
  offset: number | undefined;
}

class Model {
  readonly log: Entry[][] = Array.from({ length: PARTITIONS }, () => []);
  readonly open = new Map<Id, OpenTransaction>();
  committed: number | undefined;
  #sent = 0;

  append(partition: number, transaction?: OpenTransaction): string {
    const value = `v${(this.#sent += 1)}`;
    const entry: Entry = { value, state: transaction === undefined ? 'committed' : 'open' };
    this.log[partition]!.push(entry);
    if (transaction !== undefined) {
      const entries = transaction.entries.get(partition) ?? [];
      transaction.entries.set(partition, [...entries, entry]);
    }
    return value;
  }

  end(id: Id, state: 'committed' | 'aborted'): void {
    const transaction = this.open.get(id);
    if (transaction === undefined) return;
    this.open.delete(id);
    for (const [partition, entries] of transaction.entries) {
      for (const entry of entries) entry.state = state;
      this.log[partition]!.push({ value: '', state: 'marker' });
    }
    if (state === 'committed') this.committed = transaction.offset ?? this.committed;
  }

  lastStable(partition: number): number {
    const open = this.log[partition]!.findIndex(({ state }) => state === 'open');
    return open === -1 ? this.log[partition]!.length : open;
  }

  /** `offset:value` of the records that a range shows. */
  range(partition: number, from: number, to: number): string[] {
    return this.log[partition]!.flatMap(({ value, state }, offset) =>
      state === 'committed' && offset >= from && offset < to ? `${offset}:${value}` : [],
    );
  }
}

interface Real {
  readonly lab: BrokerLab;
  readonly topic: string;
  /** The topic that offsets are committed of; it stays empty. */
  readonly input: string;
  readonly group: string;
  readonly ids: readonly string[];
  readonly producer: Producer;
  readonly owners: TransactionalProducer[];
  readonly transactions: Map<Id, Transaction>;
}

type Command = fc.AsyncCommand<Model, Real>;

const send = (partition: number): Command => ({
  check: () => true,
  async run(model, { producer, topic }) {
    await producer.send([record(topic, model.append(partition), { partition })]);
  },
  toString: () => `send(${partition})`,
});

const begin = (id: Id): Command => ({
  check: (model) => !model.open.has(id),
  async run(model, { owners, transactions }) {
    model.open.set(id, { entries: new Map(), offset: undefined });
    transactions.set(id, await owners[id]!.begin());
  },
  toString: () => `begin(${id})`,
});

const transactionalSend = (id: Id, partition: number, offset: number | undefined): Command => ({
  check: (model) => model.open.has(id),
  async run(model, { transactions, topic, input, group }) {
    const transaction = model.open.get(id)!;
    await transactions.get(id)!.send([record(topic, model.append(partition, transaction), { partition })]);
    if (offset === undefined) return;
    transaction.offset = offset;
    await transactions
      .get(id)!
      .sendOffsets(group, [{ topic: input, partition: 0, offset, metadata: `m${offset}` }]);
  },
  toString: () => `transactionalSend(${id}, ${partition}, ${offset ?? 'no offset'})`,
});

const end = (id: Id, how: 'commit' | 'abort'): Command => ({
  check: (model) => model.open.has(id),
  async run(model, { transactions }) {
    model.end(id, how === 'commit' ? 'committed' : 'aborted');
    await transactions.get(id)![how]();
  },
  toString: () => `${how}(${id})`,
});

const fence = (id: Id): Command => ({
  check: () => true,
  async run(model, { owners, lab, ids }) {
    model.end(id, 'aborted');
    owners[id] = await lab.transactional(ids[id]);
  },
  toString: () => `fence(${id})`,
});

const read = (partition: number, start: number, length: number): Command => ({
  check: () => true,
  async run(model, { lab, topic, input, group }) {
    const end = model.lastStable(partition);
    await until(async () => (await lab.lastStable(topic, partition)) === end, `last stable offset ${end}`);
    const from = Math.min(start, end);
    const to = Math.min(from + length, end);
    const records = await lab.readRange(topic, from, to, partition);
    assertSame(
      records.map(({ offset, value }) => `${offset}:${value!.toString()}`),
      model.range(partition, from, to),
    );
    await until(
      async () => {
        const [committed] = await lab.broker.committedOffsets(group, [input]);
        return committed?.offset === model.committed;
      },
      `committed offset ${model.committed ?? 'none'}`,
    );
  },
  toString: () => `read(${partition}, ${start}, ${length})`,
});

function assertSame(found: readonly string[], expected: readonly string[]): void {
  if (found.join() !== expected.join()) {
    throw new Error(`the broker shows [${found.join()}], the model [${expected.join()}]`);
  }
}

export function modelCases(lab: BrokerLab, numRuns: number): void {
  describe('any sequence of sends, transactions and fences', () => {
    it('leaves what the model holds', async () => {
      const partition = fc.nat(PARTITIONS - 1);
      const id = fc.constantFrom(...IDS);
      const commands = fc.commands(
        [
          partition.map(send),
          id.map(begin),
          fc
            .tuple(id, partition, fc.option(fc.nat(100), { nil: undefined }))
            .map((a) => transactionalSend(...a)),
          fc.tuple(id, partition, fc.constant(undefined)).map((a) => transactionalSend(...a)),
          fc.tuple(id, fc.constantFrom('commit', 'abort')).map((a) => end(...a)),
          id.map(fence),
          fc.tuple(partition, fc.nat(30), fc.nat(30)).map((a) => read(...a)),
        ],
        { maxCommands: 40 },
      );
      const property = fc.asyncProperty(commands, async (sequence) => {
        const real = await setUp(lab);
        const whole = [...Array(PARTITIONS).keys()].map((each) => read(each, 0, Infinity));
        await fc.asyncModelRun(() => ({ model: new Model(), real }), [...sequence, ...whole]);
      });
      await fc.assert(property, { numRuns, plugins: [fc.afterEach(() => lab.tidy())] });
    });
  });
}

async function setUp(lab: BrokerLab): Promise<Real> {
  const ids = IDS.map(() => unique('tx'));
  return {
    lab,
    topic: await lab.topic({ partitions: PARTITIONS }),
    input: await lab.topic(),
    group: unique('group'),
    ids,
    producer: await lab.producer(),
    owners: await Promise.all(ids.map((id) => lab.transactional(id))),
    transactions: new Map(),
  };
}
