/**
 * `npm run services`: Kafka, a schema registry and TimescaleDB to play with, until Ctrl-C.
 *
 *   npm run services                  fixed ports, printed with what to do with them
 *   npm run services -- --json        one line of JSON on standard output once all answer
 *   npm run services -- --prepare     downloads what the native services need, and ends
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { DEFINITIONS, SERVICE_NAMES, startService, type ServiceName } from './definitions.ts';
import { isFree } from './free-port.ts';
import { toStderr, type Service } from './service.ts';

/** Below those that freePort() gives to tests. */
const PORTS: Readonly<Record<ServiceName, number>> = { kafka: 17092, registry: 17081, timescale: 17432 };

const CONFIG = '--config netsigma.kafka.example.yaml';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, prepare: { type: 'boolean', default: false } },
});
process.exitCode = values.prepare ? await prepare() : await runUntilInterrupted();

async function prepare(): Promise<number> {
  let missing = 0;
  for (const name of SERVICE_NAMES) {
    const { canRun, prepare: download } = DEFINITIONS[name];
    const can = await canRun();
    const problem =
      can.kind === 'missing'
        ? can.reason
        : await download(toStderr).then(
            () => undefined,
            (error: unknown) => (error as Error).message,
          );
    toStderr(`${name}: ${problem ?? 'ready'}`);
    if (problem !== undefined) missing += 1;
  }
  return missing === 0 ? 0 : 1;
}

async function runUntilInterrupted(): Promise<number> {
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const busy = await portsInUse();
  if (busy.length > 0) {
    toStderr(
      `in use on 127.0.0.1: ${busy.join(', ')}: stop what listens there (an earlier "npm run services"?)`,
    );
    return 2;
  }
  const services = await Promise.all(
    SERVICE_NAMES.map((name) => startService(name, { port: PORTS[name], progress: toStderr })),
  );
  const addresses = new Map<ServiceName, string>();
  services.forEach((service, i) => {
    if (service.kind === 'running') addresses.set(SERVICE_NAMES[i]!, service.address);
    else toStderr(service.reason);
  });
  const complete = addresses.size === SERVICE_NAMES.length;
  if (complete) {
    process.stdout.write(
      values.json ? `${JSON.stringify(Object.fromEntries(addresses))}\n` : howTo(addresses),
    );
    const alive = setInterval(() => undefined, 1_000_000); // nothing else keeps Node waiting
    await interrupted;
    clearInterval(alive);
  }
  await Promise.all(services.map(stop));
  return complete ? 0 : 1;
}

async function portsInUse(): Promise<string[]> {
  const checked = SERVICE_NAMES.map(async (name) =>
    (await isFree(PORTS[name])) ? [] : [`${PORTS[name]} (${name})`],
  );
  return (await Promise.all(checked)).flat();
}

async function stop(service: Service): Promise<void> {
  if (service.kind === 'running') await service.stop();
}

function howTo(addresses: ReadonlyMap<ServiceName, string>): string {
  const variables = [...addresses].map(
    ([name, address]) => `export ${DEFINITIONS[name].variable}=${address}`,
  );
  return `
All answer. They end, and their data goes, with Ctrl-C.

# netsigma on them, in another terminal (variables win over the file; the community is that of your snmpd)
export SNMP_COMMUNITY=public
export NETSIGMA_BROKER_KAFKA_BROKERS=${addresses.get('kafka')!}
export NETSIGMA_REGISTRY_URL=${addresses.get('registry')!}
export DATABASE_URL=${addresses.get('timescale')!}
npm run netsigma -- topics apply ${CONFIG}
npm run netsigma -- schemas register ${CONFIG}
npm run netsigma -- migrate ${CONFIG}

# a terminal each, with the same four variables: these run until Ctrl-C
npm run netsigma -- collect ${CONFIG}
NETSIGMA_HTTP_PORT=9465 npm run netsigma -- process ${CONFIG}
NETSIGMA_HTTP_PORT=9466 npm run netsigma -- sink ${CONFIG}

# for the tests: these servers instead of their own
${variables.join('\n')}
`;
}
