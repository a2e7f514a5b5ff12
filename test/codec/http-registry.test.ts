import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { httpRegistry } from '../../pipeline/codec/http-registry.ts';
import type { AvroSchema } from '../../pipeline/codec/port.ts';
import { ConfigError, PermanentError, RetryableError } from '../../pipeline/model/errors.ts';
import { registryContract } from '../contract/registry.contract.ts';
import { registryService } from '../services/registry.ts';
import { hasProgram } from '../support/has-program.ts';
import { recordingLog, silentLog } from '../support/log.ts';
import { describeIf } from '../support/requires.ts';
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const service = await registryService();
const address = service.kind === 'running' ? service.address : 'http://127.0.0.1:1';
const reason = service.kind === 'missing' ? service.reason : '';

/** Subjects of this run alone: the registry may be one that is shared. */
const run = randomBytes(4).toString('hex');
const subject = (name: string) => `test-${run}-${name}-value`;

const record = (...fields: object[]): AvroSchema => ({ type: 'record', name: 'Sample', fields });
const kept = { name: 'kept', type: 'string' };
const optional = (name: string, type: string) => ({ name, type: ['null', type], default: null });

afterAll(async () => {
  if (service.kind === 'running') await service.stop();
});

describeIf(service.kind === 'running', reason)('schema registry over HTTP', () => {
  registryContract('a real one over HTTP', async () => {
    const registry = httpRegistry({ url: address, log: silentLog });
    return { ...registry, register: (name, schema) => registry.register(subject(name), schema) };
  });

  const registry = httpRegistry({ url: address, log: silentLog });
  const http = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    return (await fetch(`${address}${path}`, init)).json();
  };

  describe('ids', () => {
    it('are the same for the same schema in two subjects', async () => {
      const schema = record(kept, optional(`in_${run}`, 'int'));
      const id = await registry.register(subject('one'), schema);
      expect(await registry.register(subject('other'), schema)).toBe(id);
    });

    it("are found for a subject's earlier version by a process that starts later", async () => {
      const first = await registry.register(subject('earlier'), record(kept));
      await registry.register(subject('earlier'), record(kept, optional('added', 'long')));
      const later = httpRegistry({ url: address, log: silentLog });
      expect(await later.register(subject('earlier'), record(kept))).toBe(first);
      expect(await later.versions(subject('earlier'))).toHaveLength(2);
    });

    it.each([1, 2, 3, 4, 5])(
      'are one for many processes that register at the same time: %i',
      async (round) => {
        const schema = record(kept, optional(`together_${round}`, 'double'));
        const together = subject(`together-${round}`);
        const processes = Array.from({ length: 8 }, () => httpRegistry({ url: address, log: silentLog }));
        const ids = await Promise.all(processes.map((each) => each.register(together, schema)));
        expect(new Set(ids).size).toBe(1);
        // Apicurio may number one schema twice then, under the same id.
        const versions = await registry.versions(together);
        expect(versions).toEqual(versions.map(() => schema));
      },
    );

    it('of no schema are asked for again after a while', async () => {
      const proxy = await proxied();
      const through = httpRegistry({ url: proxy.url, log: silentLog });
      for (let times = 0; times < 20; times += 1) expect(await through.schema(987_654)).toBeUndefined();
      expect(proxy.tcp.connections).toBe(1);
      await until(
        async () => (await through.schema(987_654), proxy.tcp.connections > 1),
        'another request for the unknown id',
      );
      expect(await through.schema(-5)).toBeUndefined();
      await through.stop();
    });
  });

  describe('compatibility', () => {
    const level = (name: string) => http('GET', `/config/${subject(name)}`);

    it('of a new subject is FULL_TRANSITIVE', async () => {
      await registry.register(subject('new'), record(kept));
      expect(await level('new')).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
    });

    it('that somebody has lowered is set right, with a warning', async () => {
      await registry.register(subject('lowered'), record(kept));
      await http('PUT', `/config/${subject('lowered')}`, { compatibility: 'BACKWARD' });
      const log = recordingLog();
      const later = httpRegistry({ url: address, log });
      // Backward compatible, but what it writes could not be read by the first version.
      const lacking = later.register(subject('lowered'), record(optional('added', 'int')));
      await expect(lacking).rejects.toThrow(/lowered.*kept/);
      await expect(lacking).rejects.toThrow(PermanentError);
      expect(await level('lowered')).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });
      expect(log.entries.map(({ level: of, fields }) => [of, fields])).toContainEqual([
        'warn',
        { subject: subject('lowered'), compatibility: 'BACKWARD' },
      ]);
    });

    it('of two first schemas that do not go together is refused to one of them', async () => {
      const of = (type: string) =>
        httpRegistry({ url: address, log: silentLog }).register(
          subject('race'),
          record({ name: 'raced', type }),
        );
      // None of them reads another.
      const types = ['int', 'string', 'boolean'];
      const outcomes = await Promise.allSettled(types.map(of));
      const refused = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      expect(refused).toHaveLength(2);
      for (const error of refused) {
        expect(error).toBeInstanceOf(PermanentError);
        expect(String(error)).toMatch(/race-value.*raced/s);
      }
      // Those that the registry took all the same are refused at the next start, too.
      const again = await Promise.allSettled(types.map(of));
      expect(again.map(({ status }) => status)).toEqual(outcomes.map(({ status }) => status));
    });

    it("names a nested field where the registry's own text counts fields", async () => {
      const rows = (type: string) =>
        record(kept, {
          name: 'rows',
          type: { type: 'array', items: { type: 'record', name: 'Row', fields: [{ name: 'octets', type }] } },
          default: [],
        });
      await registry.register(subject('nested'), rows('long'));
      await expect(registry.register(subject('nested'), rows('int'))).rejects.toThrow(/rows\.items\.octets/);
    });
  });

  it('refuses a subject with a version that is not ours, naming it', async () => {
    const foreign = JSON.stringify({
      type: 'record',
      name: 'Odd',
      fields: [{ name: 'x', type: ['null', 'null'] }],
    });
    const posted = await http('POST', `/subjects/${subject('foreign')}/versions`, { schema: foreign });
    // Some registries do not take what is no valid schema: then there is nothing to meet.
    if (typeof posted === 'object' && posted !== null && 'id' in posted) {
      await expect(registry.register(subject('foreign'), record(kept))).rejects.toThrow(PermanentError);
    }
  });

  describeIf(hasProgram('openssl'), 'there is no program "openssl"')('behind TLS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsigma-tls-'));
    let server: TlsServer;
    let url: string;
    let ca: string;

    beforeAll(async () => {
      const [key, cert] = ['key.pem', 'cert.pem'].map((file) => join(folder, file)) as [string, string];
      const ec = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=registry';
      const more = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
      execFileSync('openssl', ['req', '-x509', ...ec.split(' '), ...more], { stdio: 'ignore' });
      ca = readFileSync(cert, 'utf8');
      const to = new URL(address);
      server = createTlsServer({ key: readFileSync(key), cert: ca }, (client) => {
        const upstream = connect(Number(to.port), to.hostname);
        client.pipe(upstream).pipe(client);
        client.on('error', () => upstream.destroy());
        upstream.on('error', () => client.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}${to.pathname}`;
    });
    afterAll(async () => {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    });

    it('registers and reads with the authority of registry.ca_file', async () => {
      const trusting = httpRegistry({ url, ca, log: silentLog });
      await trusting.start();
      const schema = record(kept, optional(`tls_${run}`, 'int'));
      const id = await trusting.register(subject('tls'), schema);
      expect(await httpRegistry({ url, ca, log: silentLog }).schema(id)).toEqual(schema);
    });

    it('is a ConfigError without it', async () => {
      const refused = httpRegistry({ url, log: silentLog }).start();
      await expect(refused).rejects.toThrow(ConfigError);
      await expect(refused).rejects.toThrow(
        /is not trusted \(.+\): name the authority .* in registry\.ca_file/,
      );
    });
  });

  describe('when the registry goes away', () => {
    it('what is known stays known; an unknown id is a RetryableError, and works when it is back', async () => {
      const proxy = await proxied();
      const through = httpRegistry({ url: proxy.url, log: silentLog });
      await through.start();
      const schema = record(kept, optional('away', 'float'));
      const id = await through.register(subject('away'), schema);
      const other = await registry.register(subject('away-other'), record(kept, optional(`o_${run}`, 'int')));

      proxy.tcp.mode = 'closed';
      expect(await through.schema(id)).toEqual(schema);
      expect(await through.register(subject('away'), schema)).toBe(id);
      const failed = through.schema(other);
      await expect(failed).rejects.toThrow(RetryableError);
      await expect(failed).rejects.toThrow(`${proxy.url} is away`);
      await expect(through.register(subject('away-new'), schema)).rejects.toThrow(RetryableError);

      proxy.tcp.mode = 'broken';
      await expect(through.schema(other)).rejects.toThrow(RetryableError);
      proxy.tcp.mode = 'open';
      expect(await through.schema(other)).toEqual(record(kept, optional(`o_${run}`, 'int')));
    });

    it('at start, too', async () => {
      const proxy = await proxied();
      proxy.tcp.mode = 'closed';
      await expect(httpRegistry({ url: proxy.url, log: silentLog }).start()).rejects.toThrow(RetryableError);
    });
  });

  const proxies: TcpProxy[] = [];
  async function proxied(): Promise<{ tcp: TcpProxy; url: string }> {
    const to = new URL(address);
    const tcp = await tcpProxy({ host: to.hostname, port: Number(to.port) });
    proxies.push(tcp);
    return { tcp, url: `http://127.0.0.1:${tcp.port}${to.pathname}` };
  }
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.stop();
  });
});
