/** Telegraf on simulated switches, and what it published about them. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import kafkajs from 'kafkajs';
import { assertValid } from '../../bench.ts';
import { checkPort } from '../../snmp/port-check.ts';
import { missedPolls, type CheckedPolls } from '../../snmp/polls.ts';
import { readLog } from '../../snmp/read-records.ts';
import { PORTS } from '../../snmp/switch-mib.ts';
import type { CollectorRun, Trial } from '../../snmp/trial.ts';
import { readLine, type Line } from './line-protocol.ts';
import { DEVICE, TABLE, telegrafConfig, TOPIC } from './telegraf-config.ts';

const PARTITIONS = 12;

/** Ends the program when this process is gone: `sh` reads a pipe that only this process holds open. */
const SUPERVISOR = '"$@" </dev/null & echo $!; cat >/dev/null; kill $! 2>/dev/null; wait $!';

/** Starts it. `check` takes a round of polls as late as half an interval as done in time. */
export async function telegrafCollector(program: string, trial: Trial): Promise<CollectorRun> {
  await createTopic(trial);
  const folder = await mkdtemp(join(tmpdir(), 'netsigma-telegraf-'));
  const config = join(folder, 'telegraf.conf');
  await writeFile(config, telegrafConfig(trial), { mode: 0o600 });
  const supervisor = spawn('sh', ['-c', SUPERVISOR, 'telegraf', program, '--config', config], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed = { text: '' };
  supervisor.stderr.on('data', (chunk: Buffer) => (printed.text += chunk.toString()));
  const pid = await firstLine(supervisor);
  return {
    pid,
    async stop() {
      const ended = once(supervisor, 'exit');
      supervisor.stdin.end();
      await ended;
      await rm(folder, { recursive: true });
      // It gathers no more at its end, and says what it could not gather before.
      assertValid(!printed.text.includes('E!'), `Telegraf says ${printed.text.slice(0, 1_000)}`);
    },
    check: (fromMs, toMs) => check(trial, fromMs, toMs),
  };
}

async function firstLine(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number> {
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(chunk.toString());
}

async function createTopic({ kafka, prefix }: Trial): Promise<void> {
  const client = new kafkajs.Kafka({ brokers: [kafka], logLevel: kafkajs.logLevel.ERROR });
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: prefix + TOPIC, numPartitions: PARTITIONS }] });
  await admin.disconnect();
}

/** Every port of every switch once an interval with all columns, and the switch's own fields beside them. */
async function check(trial: Trial, fromMs: number, toMs: number): Promise<CheckedPolls> {
  const ports: { device: number; atMs: number }[] = [];
  const own: { device: number; atMs: number }[] = [];
  let bytes = 0;
  for await (const { value } of readLog(trial.kafka, trial.prefix + TOPIC)) {
    const line = readLine(value!.toString());
    const atMs = Number(line.timestampNs / 1_000_000n);
    if (atMs < fromMs || atMs >= toMs) continue;
    bytes += value!.length;
    const device = deviceOf(line);
    if (line.name === DEVICE) own.push({ device, atMs });
    else if (line.name === TABLE) {
      const port = Number(line.tags['index']);
      const { firstMs, lastMs } = checkPort({ device, port, values: line.fields });
      const { agentsStartMs, intervalMs } = trial;
      const isInTime =
        agentsStartMs + firstMs >= atMs - intervalMs && agentsStartMs + lastMs <= atMs + intervalMs;
      assertValid(isInTime, `switch ${device} port ${port} was not read in its interval`);
      ports.push({ device: device * PORTS + port - 1, atMs });
    }
  }
  const missed = missedPolls(own, trial, fromMs, toMs);
  const missedPorts = missedPolls(ports, { ...trial, devices: trial.devices * PORTS }, fromMs, toMs);
  const { intervalMs } = trial;
  return {
    polls: own.length,
    missed: Math.max(missed, Math.ceil(missedPorts / PORTS)),
    records: own.length + ports.length,
    rows: ports.length,
    bytes,
    durationsMs: [],
    lateMs: ports.map(({ atMs }) => atMs % intervalMs),
    requests: undefined,
    retries: undefined,
  };
}

function deviceOf({ tags }: Line): number {
  const [, , high, low] = (tags['agent_host'] ?? '').split('.').map(Number);
  return (high ?? Number.NaN) * 256 + (low ?? Number.NaN);
}
