/**
 * A member of the entity sub-topology in a process of its own: node stream-member.ts '{"address":...}'. It tells of
 * its first commit; `hold` keeps what it fetches from now on from its tasks, until `go`; `report` is answered once
 * everything is folded; `stop` ends it with a checkpoint.
 */
import type { Broker } from '../../../pipeline/broker/port.ts';
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import { delegatingBroker } from '../../../pipeline/observe/delegating-broker.ts';
import { readingSubTopology } from '../../../pipeline/runtime/reading-processor.ts';
import { streamThread } from '../../../pipeline/runtime/stream-thread.ts';
import { entityTopology } from '../../../pipeline/topology.ts';
import { catalogue, topicName } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { silentLog } from '../../support/log.ts';
import { silentObserver } from '../../support/silent-observer.ts';
import { STAGE_DEFAULTS } from '../../support/topology-driver.ts';
import { until } from '../../support/until.ts';
import { childOptions, tell } from '../child.ts';
import type { MemberAnswer, MemberOptions, MemberQuestion } from './members.ts';
import { benchBroker, SHIPPED } from '../shipped.ts';

const {
  address,
  naming,
  commitIntervalMs = SHIPPED.commits.commitIntervalMs,
} = childOptions() as MemberOptions;
const answer = (one: MemberAnswer): void => tell(one);
const fail = (error: unknown): void => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
};

let gate = Promise.resolve();
let open = (): void => undefined;
const broker = benchBroker(address);
await broker.start();
const codec = await startedCodec(catalogue, embeddedRegistry());
const metric = topicName(catalogue['metric.interface'], naming);
let committed = 0;
const thread = streamThread({
  broker: held(broker),
  codec,
  catalogue,
  naming,
  subTopology: readingSubTopology({ codec, catalogue, topology: entityTopology(catalogue, STAGE_DEFAULTS) }),
  settings: { ...SHIPPED.commits, commitIntervalMs },
  checkpoints: { intervalMs: 60_000, startAnew: false },
  clock: Date.now,
  log: silentLog,
  observer: {
    ...silentObserver,
    committed(_durationMs, records) {
      const metrics = records.filter(({ topic }) => topic === metric).length;
      if (committed === 0 && metrics > 0) answer({ kind: 'first', atMs: Date.now() });
      committed += metrics;
    },
  },
  failed: fail,
});
let counted = { cpu: process.cpuUsage(), began: performance.now(), committed: 0 };
process.on('message', (question: MemberQuestion) => void reply(question).catch(fail));
await thread.start();

async function reply(question: MemberQuestion): Promise<void> {
  switch (question) {
    case 'hold':
      gate = new Promise((resolve) => (open = resolve));
      answer({ kind: 'held' });
      return;
    case 'go':
      counted = { cpu: process.cpuUsage(), began: performance.now(), committed };
      open();
      return;
    case 'report': {
      await until(() => thread.idle, 'everything to be folded', 900_000);
      const { user, system } = process.cpuUsage(counted.cpu);
      answer({
        kind: 'report',
        partitions: thread.tasks.size,
        records: committed - counted.committed,
        cpuUs: user + system,
        seconds: (performance.now() - counted.began) / 1000,
        rssGib: process.memoryUsage.rss() / 2 ** 30,
      });
      return;
    }
    case 'stop':
      await thread.stop();
      await broker.stop();
      process.disconnect();
  }
}

/** The same broker, whose batches wait at the gate. */
function held(of: Broker): Broker {
  return delegatingBroker(of, {
    consumer: ({ handlers, ...options }) =>
      of.consumer({
        ...options,
        handlers: {
          ...handlers,
          async batch(batch) {
            await gate;
            await handlers.batch(batch);
          },
        },
      }),
  });
}
