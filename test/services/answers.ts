/** Whether a service answers a real request of its protocol. */
import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';

/**
 * Kafka protocol: size, api key 3 (Metadata), version 4, correlation id, no client id, no topics, none to be created.
 * Not by kafkajs: it writes warnings about its timers, and this runs in Jest's main process.
 */
const METADATA_REQUEST = Buffer.from(
  '0000000f' + '0003' + '0004' + '00000001' + 'ffff' + '00000000' + '00',
  'hex',
);
/** In the response behind size, correlation id and throttle time: how many brokers there are. */
const BROKERS_AT = 12;

/** A broker that is registered with its controller. */
export async function kafkaAnswers(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`kafka://${address}`);
  const socket = connect(Number(port), hostname).setTimeout(2_000);
  for (const silence of ['timeout', 'end']) {
    socket.once(silence, () => socket.destroy(new Error(`${address} does not answer`)));
  }
  try {
    await once(socket, 'connect');
    socket.write(METADATA_REQUEST);
    const [response] = (await once(socket, 'data')) as [Buffer];
    return response.readInt32BE(BROKERS_AT) > 0;
  } finally {
    socket.destroy();
  }
}

/** `address` ends with /apis/ccompat/v7. */
export async function registryAnswers(address: string): Promise<boolean> {
  const response = await fetch(`${address}/subjects`, { signal: AbortSignal.timeout(2_000) });
  return response.ok && Array.isArray(await response.json());
}

export async function postgresAnswers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
