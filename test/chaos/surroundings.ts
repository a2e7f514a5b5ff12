/** What a chaos run needs around it: a broker of its own that may be killed, a registry, an empty database. */
import { randomBytes } from 'node:crypto';
import { embeddedPostgres } from '../../pipeline/db/embedded-postgres.ts';
import { admin } from '../services/admin.ts';
import { canRunKafka, kafkaServer } from '../services/kafka-server.ts';
import { registryService } from '../services/registry.ts';
import type { Missing } from '../services/service.ts';
import { timescaleService } from '../services/timescale.ts';
import { silentLog } from '../support/log.ts';
import type { KillableBroker } from './chaos.ts';
import type { Surroundings } from './member.ts';

export interface ReadySurroundings extends Surroundings {
  readonly kind: 'ready';
  readonly broker: KillableBroker;
  stop(): Promise<void>;
}

const PARTITIONS = 4;

/** `plain`: an embedded PostgreSQL, also where TimescaleDB could be had. */
export async function surroundings({
  plain,
}: {
  readonly plain: boolean;
}): Promise<ReadySurroundings | Missing> {
  const can = await canRunKafka();
  if (can.kind === 'missing') return can;
  const registry = await registryService();
  if (registry.kind === 'missing') return registry;
  const server = await postgresServer(plain);
  const broker = await kafkaServer();
  const name = `netsigma_chaos_${randomBytes(4).toString('hex')}`;
  await admin(server.url, `CREATE DATABASE ${name}`);
  const database = new URL(server.url);
  database.pathname = name;
  return {
    kind: 'ready',
    kafka: broker.address,
    registry: registry.address,
    database: database.href,
    // The registry may be shared.
    prefix: `${name.slice('netsigma_'.length).replaceAll('_', '-')}.`,
    partitions: PARTITIONS,
    broker,
    async stop() {
      await broker.stop();
      await admin(server.url, `DROP DATABASE ${name} WITH (FORCE)`).catch(() => undefined);
      await server.stop();
      await registry.stop();
    },
  };
}

async function postgresServer(plain: boolean): Promise<{ url: string; stop(): Promise<void> }> {
  const timescale = plain ? undefined : await timescaleService();
  if (timescale?.kind === 'running') return { url: timescale.address, stop: () => timescale.stop() };
  const given = process.env['NETSIGMA_TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined };
  const embedded = embeddedPostgres({ durable: false, log: silentLog });
  await embedded.start();
  return { url: embedded.url, stop: () => embedded.stop() };
}
