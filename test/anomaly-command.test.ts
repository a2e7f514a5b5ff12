import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  anomalyActions,
  anomalyCommand,
  anomalyLine,
  type AnomalyCommand,
} from '../pipeline/anomaly-command.ts';
import { memoryBroker, type MemoryBroker } from '../pipeline/broker/memory/memory-broker.ts';
import { partitionFor } from '../pipeline/broker/partitioner.ts';
import { embeddedRegistry } from '../pipeline/codec/embedded-registry.ts';
import type { Codec, SchemaRegistry } from '../pipeline/codec/port.ts';
import { rulesCommand } from '../pipeline/rules-command.ts';
import type { AnomalyRecord } from '../topics/anomaly.ts';
import { catalogue, topicSpecs } from '../topics/catalogue.ts';
import { ruleKey, verdictRule } from '../topics/rules.ts';
import { load } from './config/load.ts';
import { anomalyRecord } from './sink/sink-lab.ts';
import { NAMING, startedCodec } from './support/codec.ts';
import { silentLog } from './support/log.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const PARTITIONS = 3;
const { config } = load(`broker: { partitions: ${PARTITIONS} }`);
const A = idOf(1);
const B = idOf(2);
const UNKNOWN = idOf(999_999);

let broker: MemoryBroker;
let registry: SchemaRegistry;
let codec: Codec;
let command: AnomalyCommand;
let nowMs: number;

beforeEach(async () => {
  nowMs = NOW;
  broker = memoryBroker({ clock: () => nowMs });
  await broker.start();
  await broker.createTopics(topicSpecs(catalogue, NAMING, PARTITIONS));
  registry = embeddedRegistry();
  codec = await startedCodec(catalogue, registry);
  command = anomalyCommand(deps());
});

afterEach(() => broker.stop());

function deps() {
  // Each command ends its connection; the broker of this test outlives it.
  const open = () => ({ broker: { ...broker, start: async () => {}, stop: async () => {} }, registry });
  return { config, catalogue, clock: () => nowMs, log: silentLog, open };
}

function idOf(number: number): string {
  return `00000000-0000-5000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** A record a millisecond. */
async function happened(...anomalies: (Partial<AnomalyRecord> & { anomaly_id: string })[]): Promise<void> {
  const producer = broker.producer();
  await producer.start();
  for (const changes of anomalies) {
    const record = anomalyRecord(changes);
    const key = Buffer.from(record.entity);
    nowMs += 1;
    const value = Buffer.from(codec.recordEncoder('insight.anomaly').encode(record));
    await producer.send([{ topic: 'insight.anomaly', partition: partitionFor(key, PARTITIONS), key, value }]);
  }
  await producer.stop();
}

const listed = async (limit = 20, open = false) =>
  (await command.list({ limit, open })).map(({ anomaly, verdict }) => [
    anomaly.anomaly_id,
    anomaly.revision,
    verdict?.verdict,
  ]);

describe('anomaly acknowledge, false-positive, confirm', () => {
  it('say of an anomaly what it needs to be understood without it', async () => {
    await happened({ anomaly_id: A, interface_name: 'Gi1', metric_name: 'tx_bps', opened_at: 7 });
    const rule = await command.judge({ id: A, verdict: 'false_positive', note: 'a backup', by: 'ada' });
    expect(rule).toMatchObject({
      rule_id: `verdict-${A}`,
      kind: 'verdict',
      managed_by: 'command',
      entity: 'default/device/r1',
      interface_name: 'Gi1',
      metric_name: 'tx_bps',
      anomaly_id: A,
      verdict: 'false_positive',
      detector: 'deviation',
      detector_version: '1',
      opened_at: 7,
      reason: 'a backup',
      created_by: 'ada',
      created_at: nowMs,
    });
    expect(verdictRule(ruleKey(rule), rule)).toEqual(rule);
    expect(await listed()).toEqual([[A, 1, 'false_positive']]);
  });

  it('replace what was said before; withdraw takes it back', async () => {
    await happened({ anomaly_id: A });
    await command.judge({ id: A, verdict: 'acknowledged' });
    const rule = await command.judge({ id: A, verdict: 'confirmed' });
    expect(rule.created_by).toBe('host-a');
    expect(await listed()).toEqual([[A, 1, 'confirmed']]);
    expect(await command.withdraw(A)).toEqual(rule);
    expect(await listed()).toEqual([[A, 1, undefined]]);
    await expect(command.withdraw(A)).rejects.toThrow(/nobody has said anything of the anomaly/);
  });

  it('refuse an anomaly that the topic does not have, or another domain has', async () => {
    await happened({ anomaly_id: A, domain: 'lab', entity: 'lab/device/r1' });
    for (const id of [A, UNKNOWN]) {
      await expect(command.judge({ id, verdict: 'confirmed' })).rejects.toThrow(
        `there is no anomaly ${id} of the domain default in insight.anomaly, which keeps 90 days`,
      );
    }
  });

  it('find an anomaly however long ago it was, and its last revision', async () => {
    const later = Array.from({ length: 4_500 }, (_, at) => ({ anomaly_id: idOf(100 + at) }));
    await happened({ anomaly_id: A, opened_at: 1 }, { anomaly_id: A, revision: 2, opened_at: 2 }, ...later);
    expect((await command.judge({ id: A, verdict: 'confirmed' })).opened_at).toBe(2);
  });
});

describe('anomaly list', () => {
  it('has the last ones of all partitions first, each once', async () => {
    await happened(
      { anomaly_id: A },
      ...[1, 2, 3].map((n) => ({ anomaly_id: idOf(10 + n), entity: `default/device/r${n}` })),
      { anomaly_id: B, domain: 'lab', entity: 'lab/device/r1' },
      { anomaly_id: A, revision: 2, state: 'closed', closed_at: NOW, close_reason: 'recovered' },
    );
    const [newest, ...others] = [idOf(13), idOf(12), idOf(11)].map((id) => [id, 1, undefined]);
    expect(await listed()).toEqual([[A, 2, undefined], newest, ...others]);
    expect(await listed(2)).toEqual([[A, 2, undefined], newest]);
    expect(await listed(20, true)).toEqual([newest, ...others]);
  });

  it('is not led astray by a partition that goes back further than another in as many records', async () => {
    const keyIn = (partition: number): string =>
      Array.from({ length: 99 }, (_, n) => `default/device/x${n}`).find(
        (key) => partitionFor(Buffer.from(key), PARTITIONS) === partition,
      )!;
    const old = { anomaly_id: A, entity: keyIn(0) };
    const middle = { anomaly_id: B, entity: keyIn(1) };
    const busy = Array.from({ length: 2_100 }, (_, at) => ({
      anomaly_id: idOf(50),
      entity: keyIn(1),
      revision: at + 1,
    }));
    await happened(old, middle, ...busy);
    expect((await listed(2)).map(([id]) => id)).toEqual([idOf(50), B]);
  });

  it('shows a line for people, with what they said', async () => {
    await happened({ anomaly_id: A, opened_at: NOW, description: 'Far too much.' });
    await command.judge({ id: A, verdict: 'acknowledged', note: 'on it', by: 'ada' });
    expect((await command.list({ limit: 1, open: true })).map(anomalyLine)).toEqual([
      `${A}  2026-11-21T10:00:00.000Z open  warning spike  default/device/r1: Far too much.  [acknowledged by ada: on it]`,
    ]);
  });
});

it('verdicts are no rules to be listed, nor removed by a file', async () => {
  await happened({ anomaly_id: A });
  await command.judge({ id: A, verdict: 'confirmed' });
  const rules = rulesCommand({ ...deps(), inventory: undefined });
  expect(await rules.list()).toEqual([]);
  expect(await listed()).toEqual([[A, 1, 'confirmed']]);
});

it('with the memory broker every command says why it cannot', async () => {
  const actions = anomalyActions({
    configured: () => ({ config, log: silentLog }),
    catalogue,
    clock: () => NOW,
    write: () => undefined,
  });
  for (const refused of [
    actions.anomalyList({ limit: 1, open: false, json: false }),
    actions.anomalyJudge({ id: A, verdict: 'confirmed' }),
    actions.anomalyWithdraw({ id: A }),
  ]) {
    await expect(refused).rejects.toThrow(/broker.kind is memory/);
  }
});
