/**
 * HTTP for operators: is it alive, is it ready, what does it count, what does it do, what is in its topics.
 * There is no login and nothing can be changed: it listens on loopback unless told otherwise.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isIPv6 } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Component, Log } from '../model/component.ts';
import { ConfigError } from '../model/errors.ts';
import { statusPage, type Readiness } from './status-page.ts';
import { tailHandler, topicNames, type Tail } from './tail-route.ts';

const MAX_HEADER_BYTES = 8_192;
const MAX_URL_PARAMETER = 255;
/** Nothing here takes a body. */
const MAX_BODY_BYTES = 1_024;
/** A client has this long to send its request: slow ones must not hold connections. */
const REQUEST_TIMEOUT_MS = 10_000;

export interface StatusServerDeps {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where the port is taken, any free one will do. */
  readonly anyPort?: boolean;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly status: () => object;
  readonly ready: () => Readiness;
  readonly log: Log;
  /** Where topics are read; without it there are no /topics. */
  readonly tail?: Tail;
}

export interface StatusServer extends Component {
  /** `http://host:port`, without a slash at the end. @throws Error before start. */
  readonly url: string;
}

/** The server. `start` throws ConfigError when it cannot listen; `stop` also ends streams that are open. */
export function statusServer(deps: StatusServerDeps): StatusServer {
  const { host, port, anyPort = false, log } = deps;
  let app: FastifyInstance | undefined;
  let url: string | undefined;
  let closing = new AbortController();

  return {
    name: 'status server',
    get url() {
      if (url === undefined) throw new Error('the status server has no address before it has started');
      return url;
    },
    async start() {
      closing = new AbortController();
      app = routes(deps, closing.signal);
      try {
        await app.listen({ host, port });
      } catch (error) {
        await app.close();
        if (!anyPort || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE')
          throw listenError(error, host, port);
        app = routes(deps, closing.signal);
        await app.listen({ host, port: 0 });
      }
      url = addressOf(app.server.address() as AddressInfo);
      log.info({ url }, 'status server listens');
    },
    async stop() {
      closing.abort();
      await app?.close();
    },
  };
}

function routes(deps: StatusServerDeps, closing: AbortSignal): FastifyInstance {
  const { metrics, status, ready, tail, log } = deps;
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_URL_PARAMETER },
    http: { maxHeaderSize: MAX_HEADER_BYTES },
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const code = error.statusCode ?? 500;
    if (code >= 500) log.warn({ err: error, route: request.routeOptions.url }, 'status request failed');
    return reply.code(code).send({ error: code >= 500 ? 'internal error: see the log' : error.message });
  });
  app.setNotFoundHandler((_request, reply) => {
    const known = [
      '/healthz',
      '/readyz',
      '/metrics',
      '/status',
      ...(tail ? ['/topics', '/topics/NAME/tail'] : []),
    ];
    return reply.code(404).send({ error: 'no such page', known });
  });

  app.get('/healthz', () => ({ alive: true }));
  app.get('/readyz', (_request, reply) => {
    const readiness = ready();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.get('/status', (request, reply) => statusReply(request, reply, status(), ready()));
  app.get('/', (_request, reply) => reply.redirect('/status'));
  if (tail !== undefined) {
    app.get('/topics', () => topicNames(tail));
    app.get('/topics/:name/tail', { exposeHeadRoute: false }, tailHandler(tail, closing, log));
  }
  return app;
}

function statusReply(request: FastifyRequest, reply: FastifyReply, status: object, readiness: Readiness) {
  if (request.headers.accept?.includes('text/html') !== true) return reply.send({ ...readiness, ...status });
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    .send(statusPage(status, readiness));
}

function addressOf({ address, port }: AddressInfo): string {
  // The unspecified address is where everybody may come in, not where one can go to.
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function listenError(error: unknown, host: string, port: number): unknown {
  const at = `cannot listen on ${host}:${port}`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE': {
      const advice = 'give each process its own by http.port (NETSIGMA_HTTP_PORT); 0 takes a free one';
      return new ConfigError(`${at}: another program (or netsigma) uses the port: ${advice}`, {
        cause: error,
      });
    }
    case 'EACCES':
      return new ConfigError(`${at}: not allowed: set http.port (NETSIGMA_HTTP_PORT) to 1024 or above`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigError(`${at}: this machine has no such address: set http.host (NETSIGMA_HTTP_HOST)`, {
        cause: error,
      });
    case undefined:
    default:
      return error;
  }
}
