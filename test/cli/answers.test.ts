/** What commands that answer and end write: the answer, and nothing around it. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createMetrics } from '../../pipeline/observe/metrics.ts';
import { statusServer, type StatusServer } from '../../pipeline/observe/status-server.ts';
import { kafkaService } from '../services/kafka.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf } from '../services/service.ts';
import { silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';

const BIN = new URL('../../pipeline/bin.ts', import.meta.url).pathname;
const [kafka, registry] = await Promise.all([kafkaService(), registryService()]);
const missing = [kafka, registry].map(reasonOf).filter(Boolean).join('; ');

afterAll(async () => {
  for (const service of [kafka, registry]) if (service.kind === 'running') await service.stop();
});

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function answer(line: string, env: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...line.split(' ')], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describeIf(missing === '', missing)('commands on Kafka', () => {
  const env = {
    NETSIGMA_BROKER_KIND: 'kafka',
    NETSIGMA_BROKER_PREFIX: `test-${randomBytes(4).toString('hex')}.`,
    NETSIGMA_BROKER_PARTITIONS: '1',
    NETSIGMA_BROKER_KAFKA_BROKERS: kafka.kind === 'running' ? kafka.address : '',
    NETSIGMA_REGISTRY_URL: registry.kind === 'running' ? registry.address : '',
  };

  it('answer without a log around it, unless one is asked for', async () => {
    const applied = await answer('topics apply', env);
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).toMatch(/^create [^]*\ndone\n$/);

    const none = { code: 0, stdout: 'no rules are published\n', stderr: '' };
    expect(await answer('rules list', env)).toEqual(none);
    expect(await answer('rules list --json', env)).toEqual({ ...none, stdout: '' });
    const started = await answer('maintenance start --device r1 --for 2h', env);
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect((await answer('rules list', env)).stdout).toBe(started.stdout);

    const nothing = { code: 0, stdout: 'there are no anomalies\n', stderr: '' };
    expect(await answer('anomaly list', env)).toEqual(nothing);
    const unknown = await answer('anomaly confirm 5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13', env);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(
      /^netsigma: there is no anomaly 5d9c1f0e.* in insight\.anomaly, which keeps 90 days/,
    );

    const logged = await answer('rules list', { ...env, NETSIGMA_LOG_LEVEL: 'info' });
    expect(logged.stderr).toContain('"started"');
  }, 60_000);
});

describe('tail', () => {
  let server: StatusServer | undefined;
  afterEach(() => server?.stop());

  it('says on standard error that a topic is empty, and nothing when it was told to begin with none', async () => {
    server = statusServer({
      host: '127.0.0.1',
      port: 0,
      metrics: createMetrics(),
      status: () => ({}),
      ready: () => ({ ready: true, reasons: [] }),
      log: silentLog,
      tail: { topics: [{ name: 'insight.anomaly', doc: 'None.' }], async *read() {} },
    });
    await server.start();
    const tail = `tail insight.anomaly --url ${server.url}`;
    expect(await answer(tail)).toEqual({ code: 0, stdout: '', stderr: 'insight.anomaly is empty\n' });
    expect(await answer(`${tail} --limit 0`)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});
