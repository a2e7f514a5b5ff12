/** The sink in a process of its own: node sink-member.ts '{"address":...}'. Answers what it has stored. */
import { kafkaBroker } from '../../../pipeline/broker/kafka/kafka-broker.ts';
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import { connectionPool } from '../../../pipeline/db/pool.ts';
import { sink } from '../../../pipeline/sink/sink.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { silentLog } from '../../support/log.ts';
import { childOptions, tell } from '../child.ts';
import type { SinkAnswer, SinkMemberOptions } from './sink-members.ts';

/** As `netsigma sink` has them unless told otherwise. */
const SETTINGS = { group: 'bench-sink', writer: 'bench', flushMs: 200, flushRows: 5_000 };
const TABLE = 'interface_metrics';

const { address, naming, url } = childOptions() as SinkMemberOptions;
const answer = (one: SinkAnswer): void => tell(one);
const fail = (error: unknown): void => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
};
const broker = kafkaBroker({ brokers: [address], clientId: 'bench-sink', log: silentLog });
await broker.start();
const codec = await startedCodec(catalogue, embeddedRegistry());
const pool = connectionPool({ url, applicationName: 'netsigma bench', log: silentLog });
let stored = 0;
const tables = sink({
  broker,
  codec,
  catalogue,
  naming,
  pool,
  clock: Date.now,
  log: silentLog,
  settings: { ...SETTINGS, group: `${naming.prefix}${SETTINGS.group}` },
  observer: {
    flushed: (rows) => void (stored += rows.get(TABLE) ?? 0),
    deadLetter: (reason) => fail(new Error(`a row was refused: ${reason}`)),
    retried: () => undefined,
    partitionsLost: (count) => fail(new Error(`${count} partitions were lost`)),
    failed: fail,
  },
});
process.on('message', () => answer({ kind: 'stored', rows: stored }));
await tables.start();
