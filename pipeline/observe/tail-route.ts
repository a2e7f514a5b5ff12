/** GET /topics and /topics/NAME/tail: the last records of a topic, and those that follow, as lines of JSON (NDJSON). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Log } from '../model/component.ts';

export interface TailRequest {
  /** Records to begin with. */
  readonly limit: number;
  /** Go on with new records until `signal` aborts. */
  readonly follow: boolean;
  /** Aborts when the client is gone or the server stops. */
  readonly signal: AbortSignal;
}

export interface Tail {
  /** Names of the topics that can be read, and what they hold. */
  readonly topics: readonly { readonly name: string; readonly doc: string }[];
  /** Lines of JSON, without the line's end. */
  read(name: string, request: TailRequest): AsyncIterable<string>;
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 10_000;
/** Streams open at once: each holds a connection and reads from the broker. */
const MAX_STREAMS = 16;

const query = z.strictObject({
  limit: z.coerce.number().int().min(0).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  follow: z.enum(['', 'true', '1', 'false', '0']).default('false'),
});

export function topicNames({ topics }: Tail) {
  return { topics: topics.map(({ name, doc }) => ({ name, doc, tail: `/topics/${name}/tail` })) };
}

/** The handler: answers with the stream, or with what is wrong about the request. `closing` ends all streams. */
export function tailHandler(tail: Tail, closing: AbortSignal, log: Log) {
  const known = tail.topics.map((topic) => topic.name);
  let open = 0;

  /** The lines until `signal` aborts. A failure ends them with a line that says so. */
  async function* stream(name: string, request: TailRequest): AsyncGenerator<string, void> {
    const { signal } = request;
    try {
      for await (const line of tail.read(name, request)) {
        if (signal.aborted) return;
        yield `${line}\n`;
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error, topic: name }, 'tail of a topic failed');
      yield `${JSON.stringify({ error: 'the topic could not be read on: see the log' })}\n`;
    }
  }

  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { name } = request.params as { name: string };
    if (!known.includes(name)) return reply.code(404).send({ error: `no topic ${name}`, known });
    const parsed = query.safeParse(request.query);
    if (!parsed.success) {
      const error = `expected limit=0..${MAX_LIMIT} and follow=true or false`;
      return reply.code(400).send({ error });
    }
    if (open >= MAX_STREAMS) {
      return reply.code(503).send({ error: `${MAX_STREAMS} streams are open already: close one` });
    }
    open += 1;
    const gone = new AbortController();
    reply.raw.once('close', () => {
      open -= 1;
      gone.abort();
    });
    const { limit, follow } = parsed.data;
    const lines = stream(name, {
      limit,
      follow: ['', 'true', '1'].includes(follow),
      signal: AbortSignal.any([gone.signal, closing]),
    });
    // Few, small reads ahead: a client that does not read must not fill the memory.
    return reply
      .type('application/x-ndjson; charset=utf-8')
      .send(Readable.from(lines, { objectMode: true, highWaterMark: 1 }));
  };
}
