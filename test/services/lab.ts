/** Two routers in network namespaces with a link between them (lab.sh), and traffic of a known rate over it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';
import { startChild, systemPath, type Child } from './child.ts';
import { kernelOctets, type KernelOctets } from './kernel-octets.ts';
import { startSnmpd, type Snmpd } from './snmpd.ts';

const SCRIPT = fileURLToPath(new URL('lab.sh', import.meta.url));

/** Names and addresses as lab.sh gives them: the process that uses the network is its name. */
const PID = String(process.pid);
const NET = process.pid % 250;
const R1 = { namespace: `nsig${PID}-r1`, management: `198.18.${NET}.2` };
const R2 = { namespace: `nsig${PID}-r2`, management: `198.18.${NET}.6`, data: `198.19.${NET}.2` };

/** UDP payload of each packet, and what the headers around it (UDP, IPv4, Ethernet without checksum) add. */
const PAYLOAD_OCTETS = 1_400;
const HEADER_OCTETS = 8 + 20 + 14;

export interface Lab {
  readonly r1: Snmpd;
  readonly r2: Snmpd;
  /** Sends `payloadBitsPerSecond` of UDP from r1 to r2 over the link "data" until stopped. */
  startTraffic(
    payloadBitsPerSecond: number,
  ): Promise<{ readonly wireBitsPerSecond: number; stop(): Promise<void> }>;
  /** Octets that the kernel of r2 has received on "data", by /sys. */
  receivedOctets(): number;
  /** What the kernel of a router counts on "data", from now until the lab stops. */
  countOctets(router: 'r1' | 'r2'): KernelOctets;
  /** Takes r2's end of the link "data" down, as its administrator would; r1 loses the carrier. */
  takeLinkDown(): void;
  stop(): Promise<void>;
}

/** Whether this user can make network namespaces here. */
export function canMakeLab(): boolean {
  return spawnSync('sh', [SCRIPT, 'check'], { env: withPath() }).status === 0;
}

/** Makes the network, with an snmpd on each router. */
export async function startLab(): Promise<Lab> {
  const children: Child[] = [];
  const agents: Snmpd[] = [];
  const counters: KernelOctets[] = [];
  const stop = async (): Promise<void> => {
    for (const counter of counters.splice(0)) counter.stop();
    for (const child of children.splice(0)) await child.stop();
    for (const agent of agents.splice(0)) await agent.stop();
    execFileSync('sh', [SCRIPT, 'down', PID], { env: withPath() });
  };
  // For a test process that is told to end in the middle: `down` is harmless when nothing is there.
  process.once('exit', () => spawnSync('sh', [SCRIPT, 'down', PID], { env: withPath() }));
  try {
    execFileSync('sh', [SCRIPT, 'up', PID], { env: withPath(), stdio: 'pipe' });
    const [r1, r2] = await Promise.all(
      [R1, R2].map(async ({ management, namespace }) => {
        const agent = await startSnmpd({ address: management, namespace });
        agents.push(agent);
        return agent;
      }),
    );
    return {
      r1: r1!,
      r2: r2!,
      stop,
      receivedOctets: () => {
        const file = '/sys/class/net/data/statistics/rx_bytes';
        return Number(execFileSync('ip', ['netns', 'exec', R2.namespace, 'cat', file], { env: withPath() }));
      },
      countOctets(router) {
        const counter = kernelOctets((router === 'r1' ? R1 : R2).namespace, 'data');
        counters.push(counter);
        return counter;
      },
      takeLinkDown() {
        execFileSync('ip', ['-n', R2.namespace, 'link', 'set', 'data', 'down'], { env: withPath() });
      },
      async startTraffic(payloadBitsPerSecond) {
        const server = startChild(['ip', 'netns', 'exec', R2.namespace, 'iperf3', '-s', '-B', R2.data]);
        children.push(server);
        await listening(R2.namespace);
        const rate = String(payloadBitsPerSecond);
        const sender = ['iperf3', '-u', '-c', R2.data, '-b', rate, '-l', String(PAYLOAD_OCTETS), '-t', '120'];
        const client = startChild(['ip', 'netns', 'exec', R1.namespace, ...sender]);
        children.push(client);
        return {
          wireBitsPerSecond: (payloadBitsPerSecond * (PAYLOAD_OCTETS + HEADER_OCTETS)) / PAYLOAD_OCTETS,
          async stop() {
            await client.stop();
            await server.stop();
          },
        };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until iperf3 accepts its control connection (port 5201, state LISTEN = 0A of /proc/net/tcp). */
async function listening(namespace: string): Promise<void> {
  await until(
    () =>
      /:1451 [0-9A-F:]+ 0A/.test(
        execFileSync('ip', ['netns', 'exec', namespace, 'cat', '/proc/net/tcp'], {
          env: withPath(),
        }).toString(),
      ),
    'iperf3 to listen',
  );
}

function withPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: systemPath() };
}
