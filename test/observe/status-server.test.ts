import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { createMetrics } from '../../pipeline/observe/metrics.ts';
import {
  statusServer,
  type StatusServer,
  type StatusServerDeps,
} from '../../pipeline/observe/status-server.ts';
import type { Tail, TailRequest } from '../../pipeline/observe/tail-route.ts';
import { until } from '../support/until.ts';

const servers: StatusServer[] = [];
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function started(deps: Partial<StatusServerDeps> = {}): Promise<StatusServer> {
  const server = statusServer({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics(),
    status: () => ({ tasks: [] }),
    ready: () => ({ ready: true, reasons: [] }),
    log: silent,
    ...deps,
  });
  servers.push(server);
  await server.start();
  return server;
}

/** A topic of ten lines, and one more every 5 ms while it is followed. */
function fakeTail(): Tail & { readonly requests: TailRequest[]; readonly ended: () => boolean } {
  const requests: TailRequest[] = [];
  let ended = false;
  return {
    topics: [{ name: 'metric.interface', doc: 'Rates.' }],
    requests,
    ended: () => ended,
    async *read(name, request) {
      requests.push(request);
      try {
        for (let n = 10 - Math.min(10, request.limit); n < 10; n += 1) yield JSON.stringify({ name, n });
        for (let n = 10; request.follow && !request.signal.aborted; n += 1) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          yield JSON.stringify({ name, n });
        }
      } finally {
        ended = true;
      }
    },
  };
}

const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('statusServer', () => {
  it('says that the process lives, also while it is not ready', async () => {
    const { url } = await started({ ready: () => ({ ready: false, reasons: ['x'] }) });
    const response = await fetch(`${url}/healthz`);
    expect([response.status, await response.json()]).toEqual([200, { alive: true }]);
  });

  it('answers 503 with the reasons until it is ready', async () => {
    const reasons = ['the database does not answer'];
    const { url } = await started({ ready: () => ({ ready: reasons.length === 0, reasons }) });
    const before = await fetch(`${url}/readyz`);
    expect([before.status, await before.json()]).toEqual([
      503,
      { ready: false, reasons: ['the database does not answer'] },
    ]);
    reasons.length = 0;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('publishes the metrics in the format of Prometheus', async () => {
    const metrics = createMetrics();
    metrics.pollRequests.add(7);
    const { url } = await started({ metrics });
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('netsigma_poll_requests_total 7\n');
  });

  it('gives the status as JSON to programs and as a page to browsers', async () => {
    const status = () => ({ tasks: [{ partition: 0, lag: 3 }], site: '<b>&"x"', started: null });
    const { url } = await started({ status, ready: () => ({ ready: false, reasons: ['a < b'] }) });
    expect(await (await fetch(`${url}/status`)).json()).toEqual({
      ready: false,
      reasons: ['a < b'],
      ...status(),
    });
    const page = await fetch(`${url}/status`, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain('&lt;b&gt;&amp;&quot;x&quot;');
    expect(html).toContain('not ready: a &lt; b');
    expect(html).toContain('<th>partition</th><th>lag</th></tr><tr><td>0</td><td>3</td>');
    expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe('/status');
  });

  it('names the pages there are for one that is not, and has no topics without a tail', async () => {
    const { url } = await started();
    const response = await fetch(`${url}/topics`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: 'no such page', known: ['/healthz', '/readyz', '/metrics', '/status'] },
    ]);
  });

  it('logs what goes wrong inside and does not show it', async () => {
    const warned: object[] = [];
    const { url } = await started({
      log: { ...silent, warn: (fields) => warned.push(fields) },
      status: () => {
        throw new Error('postgres://u:p@h');
      },
    });
    const response = await fetch(`${url}/status`);
    expect([response.status, await response.json()]).toEqual([500, { error: 'internal error: see the log' }]);
    expect(warned).toHaveLength(1);
  });

  it('refuses long URLs, bodies and methods that change something', async () => {
    const { url } = await started({ tail: fakeTail() });
    expect((await fetch(`${url}/topics/${'x'.repeat(10_000)}/tail`)).status).toBe(431);
    expect((await fetch(`${url}/topics/${'x'.repeat(300)}/tail`)).status).toBe(414);
    expect((await fetch(`${url}/status`, { method: 'POST', body: 'x'.repeat(100) })).status).toBe(404);
    expect((await fetch(`${url}/status`, { method: 'DELETE' })).status).toBe(404);
  });

  it('names host, port and the setting when the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const failing = started({ port });
      await expect(failing).rejects.toBeInstanceOf(ConfigError);
      await expect(failing).rejects.toThrow(
        `cannot listen on 127.0.0.1:${port}: another program (or netsigma) uses the port: give each process its own by http.port (NETSIGMA_HTTP_PORT); 0 takes a free one`,
      );
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('names the host when the machine has no such address', async () => {
    await expect(started({ host: '192.0.2.1' })).rejects.toThrow(/no such address: set http\.host/);
  });

  it('has no address before it has started, gives the port back, and stops twice', async () => {
    const inert = statusServer({
      host: '127.0.0.1',
      port: 0,
      metrics: createMetrics(),
      status: () => ({}),
      ready: () => ({ ready: true, reasons: [] }),
      log: silent,
    });
    expect(() => inert.url).toThrow('before it has started');
    await inert.stop();
    const server = await started();
    const port = Number(new URL(server.url).port);
    await server.stop();
    await server.stop();
    await started({ port });
  });
});

describe('topics', () => {
  it('are listed with what they hold', async () => {
    const { url } = await started({ tail: fakeTail() });
    expect(await (await fetch(`${url}/topics`)).json()).toEqual({
      topics: [{ name: 'metric.interface', doc: 'Rates.', tail: '/topics/metric.interface/tail' }],
    });
  });

  it('are read as one JSON object a line, as many as asked for', async () => {
    const { url } = await started({ tail: fakeTail() });
    const response = await fetch(`${url}/topics/metric.interface/tail?limit=2`);
    expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    expect(lines(await response.text())).toEqual([
      { name: 'metric.interface', n: 8 },
      { name: 'metric.interface', n: 9 },
    ]);
  });

  it('unknown ones are answered with those that are known, wrong questions with right ones', async () => {
    const { url } = await started({ tail: fakeTail() });
    const unknown = await fetch(`${url}/topics/metric.interfaces/tail`);
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { error: 'no topic metric.interfaces', known: ['metric.interface'] },
    ]);
    for (const query of ['limit=-1', 'limit=10001', 'limit=x', 'follow=perhaps', 'folow=true']) {
      const response = await fetch(`${url}/topics/metric.interface/tail?${query}`);
      expect([query, response.status]).toEqual([query, 400]);
    }
  });

  it('are followed until the client goes, which ends the reading', async () => {
    const tail = fakeTail();
    const { url } = await started({ tail });
    const client = new AbortController();
    const response = await fetch(`${url}/topics/metric.interface/tail?limit=0&follow=true`, {
      signal: client.signal,
    });
    const reader = response.body!.getReader();
    const first = (await reader.read()) as { value: Uint8Array };
    expect(lines(new TextDecoder().decode(first.value))[0]).toEqual({ name: 'metric.interface', n: 10 });
    expect(tail.ended()).toBe(false);
    client.abort();
    await until(() => tail.ended(), 'the reading to end');
    expect(tail.requests[0]?.signal.aborted).toBe(true);
  });

  it('are followed until the server stops, which does not wait for the client', async () => {
    const tail = fakeTail();
    const server = await started({ tail });
    const response = await fetch(`${server.url}/topics/metric.interface/tail?follow`);
    const reader = response.body!.getReader();
    await reader.read();
    await server.stop();
    await until(() => tail.ended(), 'the reading to end');
    const rest = async (): Promise<string> => {
      while (!(await reader.read()).done);
      return 'ended';
    };
    // Whether the client sees an end or a reset is up to the socket; that it sees one is not.
    expect(['ended', 'cut']).toContain(await rest().catch(() => 'cut'));
  });

  it('end with a line that says so when they cannot be read on', async () => {
    const warned: object[] = [];
    const tail: Tail = {
      topics: [{ name: 'a', doc: 'A.' }],
      async *read() {
        yield '{"n":1}';
        throw new Error('secret detail');
      },
    };
    const { url } = await started({ tail, log: { ...silent, warn: (fields) => warned.push(fields) } });
    expect(lines(await (await fetch(`${url}/topics/a/tail`)).text())).toEqual([
      { n: 1 },
      { error: 'the topic could not be read on: see the log' },
    ]);
    expect(warned).toHaveLength(1);
  });

  it('are followed by so many clients and no more, and a closed one makes room', async () => {
    const { url } = await started({ tail: fakeTail() });
    const clients = Array.from({ length: 16 }, () => new AbortController());
    const address = `${url}/topics/metric.interface/tail?follow=true`;
    for (const { signal } of clients) expect((await fetch(address, { signal })).status).toBe(200);
    expect((await fetch(address)).status).toBe(503);
    clients[0]!.abort();
    await until(async () => {
      const response = await fetch(`${url}/topics/metric.interface/tail?limit=1`);
      await response.text();
      return response.status === 200;
    }, 'room for another stream');
    for (const client of clients) client.abort();
  });
});
