/** The sink in a process of its own: node sink-member.ts '{"address":...}'. Answers what it has stored. */
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import { connectionPool } from '../../../pipeline/db/pool.ts';
import { sink } from '../../../pipeline/sink/sink.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { silentLog } from '../../support/log.ts';
import { childOptions, tell } from '../child.ts';
import type { SinkAnswer, SinkMemberOptions } from './sink-members.ts';
import { benchBroker, SHIPPED } from '../shipped.ts';

const TABLE = 'interface_metrics';

const { address, naming, url } = childOptions() as SinkMemberOptions;
const answer = (one: SinkAnswer): void => tell(one);
const fail = (error: unknown): void => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
};
const broker = benchBroker(address, { clientId: 'bench-sink' });
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
  settings: { ...SHIPPED.sink, writer: 'bench', group: `${naming.prefix}bench-sink` },
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
