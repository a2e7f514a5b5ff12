/** The services as containers of the vendors' images, through testcontainers. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { StartedTestContainer } from 'testcontainers';
import { until } from '../support/until.ts';
import { kafkaAnswers, postgresAnswers, registryAnswers } from './answers.ts';
import { freePort } from './free-port.ts';
import { BROKER_PROPERTIES } from './kafka-properties.ts';
import { REGISTRY_PATH } from './registry-server.ts';
import type { Progress, Started, StartOptions } from './service.ts';
import { IMAGES } from './versions.ts';

const READY_MS = 60_000;
/** testcontainers takes half a second to load and says no by an error: look for a socket first. */
const SOCKETS = [
  '/var/run/docker.sock',
  join(homedir(), '.docker', 'run', 'docker.sock'),
  join(homedir(), '.docker', 'desktop', 'docker.sock'),
  join(process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`, 'docker.sock'),
];

/** Whether a Docker daemon is there. */
export async function dockerAnswers(): Promise<boolean> {
  if (process.env['DOCKER_HOST'] === undefined && !SOCKETS.some((socket) => existsSync(socket))) return false;
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

/** Kafka tells its clients its address, so the port on this side is chosen before it starts. */
export async function kafkaContainer({ port, progress }: StartOptions): Promise<Started> {
  const outside = port ?? (await freePort());
  const host = await dockerHost();
  const properties = {
    ...BROKER_PROPERTIES,
    'controller.quorum.voters': '1@127.0.0.1:9093',
    listeners: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093',
    'advertised.listeners': `PLAINTEXT://${host}:${outside}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  };
  const environment = Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`,
      value,
    ]),
  );
  return started({
    container: await run(IMAGES.kafka, 9092, outside, environment, progress),
    address: () => `${host}:${outside}`,
    answers: kafkaAnswers,
  });
}

export async function registryContainer({ port, progress }: StartOptions): Promise<Started> {
  return started({
    container: await run(IMAGES.registry, 8080, port, {}, progress),
    address: (container) => `http://${container.getHost()}:${container.getMappedPort(8080)}${REGISTRY_PATH}`,
    answers: registryAnswers,
  });
}

export async function timescaleContainer({ port, progress }: StartOptions): Promise<Started> {
  // Docker publishes on every address of the machine: not without a password.
  const password = randomBytes(12).toString('hex');
  const environment = { POSTGRES_PASSWORD: password, TIMESCALEDB_TELEMETRY: 'off' };
  return started({
    container: await run(IMAGES.timescale, 5432, port, environment, progress),
    address: (container) =>
      `postgres://postgres:${password}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`,
    answers: postgresAnswers,
  });
}

async function run(
  image: string,
  inside: number,
  outside: number | undefined,
  environment: Record<string, string>,
  progress: Progress,
): Promise<StartedTestContainer> {
  const { GenericContainer } = await import('testcontainers');
  progress(`starting ${image} in Docker (the first time it is pulled)`);
  return new GenericContainer(image)
    .withEnvironment(environment)
    .withExposedPorts(outside === undefined ? inside : { container: inside, host: outside })
    .withStartupTimeout(READY_MS)
    .start();
}

async function started(of: {
  readonly container: StartedTestContainer;
  readonly address: (container: StartedTestContainer) => string;
  readonly answers: (address: string) => Promise<boolean>;
}): Promise<Started> {
  const { container, answers } = of;
  const address = of.address(container);
  let stopping: Promise<unknown> | undefined;
  const stop = async (): Promise<void> => {
    stopping ??= container.stop();
    await stopping;
  };
  try {
    await until(() => answers(address).catch(() => false), `${address} in Docker to answer`, READY_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, stop };
}

async function dockerHost(): Promise<string> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { info } = await getContainerRuntimeClient();
  return info.containerRuntime.host;
}
