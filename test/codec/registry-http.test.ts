import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpRegistry, type HttpRegistry } from '../../pipeline/codec/http-registry.ts';
import { ConfigError, RetryableError } from '../../pipeline/model/errors.ts';
import { Secret } from '../../pipeline/model/secret.ts';
import { silentLog } from '../support/log.ts';

const SCHEMA = { type: 'record', name: 'Sample', fields: [{ name: 'kept', type: 'string' }] };

/** What no registry of ours does: a small server says it. */
describe('answers of a registry', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const registry = (more: object = {}): HttpRegistry =>
    httpRegistry({ url, log: silentLog, timeoutMs: 10_000, ...more });

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const says = (status: number, body: string) => {
    answer = (_request, response) => void response.writeHead(status).end(body);
  };

  it('that refuse the credentials are a ConfigError without them', async () => {
    const seen: (string | undefined)[] = [];
    answer = (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end('{}');
    };
    const refused = registry({ username: 'reader', password: new Secret('pass:word') }).start();
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(
      `schema registry ${url} refuses the credentials (401): check registry.username and registry.password`,
    );
    const inUrl = httpRegistry({ url: url.replace('//', '//reader:pass%3Aword@'), log: silentLog }).start();
    await expect(inUrl).rejects.toThrow(`schema registry ${url} refuses`);
    const basic = `Basic ${Buffer.from('reader:pass:word').toString('base64')}`;
    expect(seen).toEqual([basic, basic]);
  });

  it('that do not allow something name it', async () => {
    says(403, '{}');
    await expect(registry().start()).rejects.toThrow(/does not allow GET \/schemas\/types \(403\)/);
  });

  it('that are none of a registry are a ConfigError about registry.url', async () => {
    for (const [status, body] of [
      [404, '<html>'],
      [200, '<html>'],
      [200, '{}'],
      [404, '{"message":"no such path"}'],
      [302, ''],
    ] as const) {
      says(status, body);
      await expect(registry().start()).rejects.toThrow(/registry\.url must end where \/subjects begins/);
    }
  });

  it('that are late, overloaded or failures are a RetryableError', async () => {
    answer = () => undefined;
    await expect(registry({ timeoutMs: 200 }).start()).rejects.toThrow(
      /is away \(no answer in 200 ms\): start it/,
    );
    for (const status of [408, 429, 500, 503]) {
      says(status, '{"message":"overloaded"}');
      const failed = registry().schema(1);
      await expect(failed).rejects.toThrow(RetryableError);
      await expect(failed).rejects.toThrow(/overloaded/);
    }
  });

  it('with a schema of another kind, or an answer too large, are no schema', async () => {
    says(200, JSON.stringify({ schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }));
    expect(await registry().schema(7)).toBeUndefined();
    says(200, JSON.stringify({ schema: '{"type":' }));
    expect(await registry().schema(7)).toBeUndefined();
    says(200, `"${'x'.repeat(16_000_001)}"`);
    await expect(registry({ timeoutMs: 5_000 }).schema(8)).rejects.toThrow(/more than 16000000 bytes/);
  });

  it('that break off while a schema is registered do not hang', async () => {
    answer = (request, response) => {
      if (request.method === 'GET' && request.url?.startsWith('/config') === true)
        return void response.end('{"compatibilityLevel":"FULL_TRANSITIVE"}');
      if (request.method === 'POST' && request.url?.endsWith('/versions') === true) {
        response.write('{"id"');
        return void setImmediate(() => response.destroy());
      }
      response.writeHead(404).end('{}');
    };
    await expect(registry().register('broken-value', SCHEMA)).rejects.toThrow(RetryableError);
  });

  it('refuse an address that is none', () => {
    expect(() => httpRegistry({ url: 'registry:8081', log: silentLog })).toThrow(ConfigError);
  });
});
