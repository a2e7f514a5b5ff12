/**
 * One server of a kind for a whole test run. Jest's main process listens on a socket (global-setup.ts); the first test
 * file that asks makes it start the server, and all get the same address. The servers are children of that process:
 * whatever ends it ends them.
 *
 *   test file --"kafka\n"--> main process --starts or remembers--> broker
 *             <--{ kind, address }--
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DEFINITIONS, givenService, startService, type ServiceName } from './definitions.ts';
import { runFolder } from './folders.ts';
import { toStderr, type Service } from './service.ts';

/** Set by the main process, inherited by its workers. */
const SOCKET = 'NETSIGMA_TEST_SERVICES_SOCKET';

/** First match: the environment, the run's shared server, one of the caller's own (outside Jest). */
export async function sharedService(name: ServiceName): Promise<Service> {
  const given = givenService(name);
  if (given !== undefined) return given;
  const path = process.env[SOCKET];
  if (path === undefined) return startService(name, { progress: toStderr });
  const socket = connect(path);
  socket.end(`${name}\n`);
  const answer = JSON.parse(await text(socket)) as Answer;
  return answer.kind === 'missing' ? answer : { ...answer, stop: async () => undefined };
}

type Answer = Omit<Extract<Service, { kind: 'running' }>, 'stop'> | Extract<Service, { kind: 'missing' }>;

export interface ServiceHost {
  stop(): Promise<void>;
}

/** Listens for the test files of this process and its workers; starts nothing by itself. */
export async function startServiceHost(): Promise<ServiceHost> {
  const services = new Map<ServiceName, Promise<Service>>();
  const folder = await runFolder('services');
  const path = join(folder, 'socket');
  const server = createServer({ allowHalfOpen: true }, (socket) => void answer(socket, services));
  server.listen(path);
  await once(server, 'listening');
  server.unref();
  process.env[SOCKET] = path;
  return {
    async stop() {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the environment has no other way
      delete process.env[SOCKET];
      server.close();
      for (const starting of services.values()) {
        const service = await starting;
        if (service.kind === 'running') await service.stop();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function answer(socket: Socket, services: Map<ServiceName, Promise<Service>>): Promise<void> {
  socket.on('error', () => undefined); // a worker that was killed meanwhile
  const name = (await text(socket)).trim() as ServiceName;
  if (!(name in DEFINITIONS)) return void socket.destroy();
  const starting = services.get(name) ?? startService(name, { progress: toStderr });
  services.set(name, starting);
  const service = await starting;
  socket.end(JSON.stringify(service));
}
