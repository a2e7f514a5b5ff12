/** The services that a test run shares, and how each is had: from the environment, Docker, or native programs. */
import { kafkaContainer, registryContainer, timescaleContainer, dockerAnswers } from './docker.ts';
import { canRunKafka, kafkaServer, prepareKafka } from './kafka-server.ts';
import { canRunRegistry, prepareRegistry, registryServer } from './registry-server.ts';
import type { Missing, Progress, Service, Started, StartOptions } from './service.ts';
import { canRunTimescale, prepareTimescale, timescaleServer } from './timescale-server.ts';

export const SERVICE_NAMES = ['kafka', 'registry', 'timescale'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

interface Definition {
  /** Names the address of a server that runs already. */
  readonly variable: string;
  readonly docker: (options: StartOptions) => Promise<Started>;
  readonly canRun: () => Promise<{ readonly kind: 'ready' } | Missing>;
  readonly native: (options: StartOptions) => Promise<Started>;
  /** Downloads what `native` needs. */
  readonly prepare: (progress: Progress) => Promise<string>;
}

export const DEFINITIONS: Readonly<Record<ServiceName, Definition>> = {
  kafka: {
    variable: 'NETSIGMA_TEST_KAFKA',
    docker: kafkaContainer,
    canRun: canRunKafka,
    native: kafkaServer,
    prepare: prepareKafka,
  },
  registry: {
    variable: 'NETSIGMA_TEST_REGISTRY',
    docker: registryContainer,
    canRun: canRunRegistry,
    native: registryServer,
    prepare: prepareRegistry,
  },
  timescale: {
    variable: 'NETSIGMA_TEST_TIMESCALE',
    docker: timescaleContainer,
    canRun: canRunTimescale,
    native: timescaleServer,
    prepare: prepareTimescale,
  },
};

/** The service that the environment names, if any. */
export function givenService(name: ServiceName): Service | undefined {
  const address = process.env[DEFINITIONS[name].variable];
  return address === undefined || address === ''
    ? undefined
    : { kind: 'running', address, stop: async () => undefined };
}

/** Starts it in Docker where that answers, else natively; never throws. */
export async function startService(name: ServiceName, options: StartOptions): Promise<Service> {
  const { docker, canRun, native, variable } = DEFINITIONS[name];
  const orSet = `; or set ${variable} to a running one`;
  if (await dockerAnswers()) {
    try {
      return { kind: 'running', ...(await docker(options)) };
    } catch (error) {
      options.progress(`${name} did not start in Docker, now natively: ${(error as Error).message}`);
    }
  }
  const can = await canRun();
  if (can.kind === 'missing') return { kind: 'missing', reason: `${name}: ${can.reason}${orSet}` };
  try {
    const { address, stop } = await native(options);
    return { kind: 'running', address, stop };
  } catch (error) {
    return { kind: 'missing', reason: `${name} did not start: ${(error as Error).message}${orSet}` };
  }
}
