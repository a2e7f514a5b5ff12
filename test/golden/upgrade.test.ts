/** Another version takes over from one that was killed: what the two judge otherwise does not stay open for ever. */
import { expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { catalogue, topicSpecs, type TopicRecord } from '../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { entityThread } from '../support/entity-thread.ts';
import { STAGE_DEFAULTS } from '../support/topology-driver.ts';
import { until } from '../support/until.ts';
import { goldenInput, LIVE_FROM_MS } from './golden-input.ts';
import { placed, untilFolded } from './golden-run.ts';

const SEED = 7;
/** A detector that finds nothing. */
const BLIND = { ...STAGE_DEFAULTS.detect, minJudgedPolls: 1e9, upMs: 1e12, flatMs: 1e12 };

it('closes the anomalies of the earlier version that the later one does not know', async () => {
  const codec = await startedCodec();
  let nowMs = 0;
  const broker = memoryBroker({ clock: () => nowMs });
  await broker.start();
  const specs = topicSpecs(catalogue, NAMING, 1).map((spec) => ({ ...spec, retentionMs: Infinity }));
  await broker.createTopics(specs);
  const producer = broker.producer();
  await producer.start();
  // Until things have been going wrong for a while, and not until they are well again.
  const input = goldenInput(codec, SEED).filter(({ appendedAtMs }) => appendedAtMs < LIVE_FROM_MS + 300_000);
  for (const { record, appendedAtMs } of placed(input, 1, NAMING)) {
    nowMs = appendedAtMs;
    await producer.send([record]);
  }
  const options = { broker, codec, naming: NAMING, checkpointIntervalMs: 1e9 };
  const earlier = entityThread(options);
  await earlier.thread.start();
  await untilFolded(earlier);
  await Promise.all([...earlier.thread.tasks.values()].map((task) => task.abandon()));
  await earlier.thread.stop();
  const open = lastStates(await anomalies()).filter(({ state }) => state !== 'closed');
  expect(open.length).toBeGreaterThan(0);

  const later = entityThread({ ...options, settings: { ...STAGE_DEFAULTS, detect: BLIND } });
  await later.thread.start();
  await until(
    async () => lastStates(await anomalies()).every(({ state }) => state === 'closed'),
    'every anomaly to be closed',
    60_000,
  );
  await later.thread.stop();
  const closing = lastStates(await anomalies()).filter(({ anomaly_id: id }) =>
    open.some(({ anomaly_id }) => anomaly_id === id),
  );
  expect(closing.map(({ close_reason: reason }) => reason)).toEqual(open.map(() => 'reconciled'));
  await broker.stop();

  async function anomalies(): Promise<TopicRecord<'insight.anomaly'>[]> {
    const decoder = codec.recordDecoder('insight.anomaly');
    const { lastStable } = (await broker.offsets('insight.anomaly'))[0]!;
    const found: TopicRecord<'insight.anomaly'>[] = [];
    const partition = { topic: 'insight.anomaly', partition: 0 };
    for await (const { records } of broker.readRange(partition, 0, lastStable)) {
      await decoder.prepare(records.map(({ value }) => value));
      for (const { value } of records) {
        const outcome = decoder.decode(value!);
        if (outcome.kind === 'record') found.push(outcome.record);
      }
    }
    return found;
  }
}, 180_000);

/** The last record of each anomaly, in the order in which they opened. */
function lastStates(records: readonly TopicRecord<'insight.anomaly'>[]): TopicRecord<'insight.anomaly'>[] {
  return [...new Map(records.map((record) => [record.anomaly_id, record])).values()];
}
