/** Run by servers.test.ts in a process of its own: starts one server of each kind, prints their ports, waits to be killed. */
import { kafkaServer } from './kafka-server.ts';
import { registryServer } from './registry-server.ts';
import { timescaleServer } from './timescale-server.ts';

const servers = await Promise.all([kafkaServer(), registryServer(), timescaleServer()]);
const ports = servers.map(({ address }) => Number(/:(\d+)/.exec(address.replace(/^\w+:/, ''))?.[1]));
process.stdout.write(`${JSON.stringify(ports)}\n`);
setInterval(() => undefined, 1_000_000);
