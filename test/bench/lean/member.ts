/**
 * One process that runs the lean job on Kafka, as `netsigma process` runs the pipeline: a stream thread with journal
 * and checkpoints. Its one argument is LeanMemberOptions as JSON; it prints one line of JSON, LeanMeasured.
 */
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import { streamThread } from '../../../pipeline/runtime/stream-thread.ts';
import { checkpointTopicName } from '../../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../../support/codec.ts';
import { silentLog } from '../../support/log.ts';
import { silentObserver } from '../../support/silent-observer.ts';
import { until } from '../../support/until.ts';
import { countingBroker, type Sent } from './counting-broker.ts';
import type { LeanMeasured, LeanMemberOptions } from './lean-process.ts';
import { MeasuredWindow } from './measured-window.ts';
import { leanCatalogue, leanSubTopology } from './lean-sub-topology.ts';
import { benchBroker } from '../shipped.ts';

const TIMEOUT_MS = 1_800_000;

const options = JSON.parse(process.argv[2]!) as LeanMemberOptions;
process.stdout.write(`${JSON.stringify(await run(options))}\n`);
process.exit(0);

async function run(member: LeanMemberOptions): Promise<LeanMeasured> {
  const { address, name, topics, polls, samplesPerPoll, brokerPid } = member;
  const catalogue = leanCatalogue(topics);
  const checkpointTopic = checkpointTopicName(name, NAMING);
  const kafka = benchBroker(address, { clientId: name, compression: member.compression });
  await kafka.start();
  const sent = new Map<string, Sent>();
  const window = new MeasuredWindow(polls, brokerPid);
  const failures: unknown[] = [];
  const thread = streamThread({
    broker: countingBroker(kafka, sent),
    codec: await startedCodec(catalogue, embeddedRegistry()),
    catalogue,
    naming: NAMING,
    subTopology: leanSubTopology(name),
    settings: { commitIntervalMs: member.commitIntervalMs, commitBytes: member.commitBytes },
    checkpoints: { intervalMs: member.checkpointIntervalMs, startAnew: false },
    clock: Date.now,
    log: silentLog,
    observer: { ...silentObserver, folded: () => window.folded(), deadLetter: (why) => failures.push(why) },
    failed: (error) => failures.push(error),
  });
  await thread.start();
  const hasFailed = () => failures.length > 0;
  const runsAll = () => thread.tasks.size > 0 && thread.status().every(({ state }) => state === 'running');
  await until(() => hasFailed() || runsAll(), 'every task to run', TIMEOUT_MS);
  const runningSeconds = performance.now() / 1000;
  await until(() => hasFailed() || thread.idle, 'everything to be folded', TIMEOUT_MS);
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const durabilityBytes = sent.get(checkpointTopic)?.bytes ?? 0;
  if (member.stop) await thread.stop();
  const checkpointBytes = (sent.get(checkpointTopic)?.bytes ?? 0) - durabilityBytes;
  if (failures.length > 0) throw failures[0];
  return {
    polls: window.polls,
    ...window.measured(samplesPerPoll),
    anomalies: sent.get(topics.anomaly)?.records ?? 0,
    rssMb,
    durabilityBytesPerSample: durabilityBytes / (window.polls * samplesPerPoll),
    checkpointBytes,
    runningSeconds,
  };
}
