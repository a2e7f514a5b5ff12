/** HTTP to a schema registry: one request, its JSON answer, and what is wrong said in terms of the settings. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { ConfigError, PermanentError, RetryableError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';

export interface RegistryAddress {
  /** Up to and without `/subjects`, such as http://127.0.0.1:8081 or http://host/apis/ccompat/v7. */
  readonly url: string;
  readonly username?: string;
  readonly password?: Secret;
  /** PEM of the authority that signed the registry's certificate; the system's authorities without it. */
  readonly ca?: string;
  /** For one answer, to its last byte. */
  readonly timeoutMs?: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface RegistryHttp {
  /** Without credentials and without a slash at the end. */
  readonly url: string;
  readonly login: { readonly username: string; readonly password: string } | undefined;
  readonly agent: Agent;
  readonly timeoutMs: number;
  /**
   * The body of the answer; undefined when what is asked for is not there (404).
   * @throws RetryableError when the registry is away or overloaded; ConfigError for wrong credentials or a wrong
   * certificate; PermanentError for what it refuses.
   */
  ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<unknown>;
  /** What a failed request means. */
  fault(cause: unknown): Error;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Far above any schema. */
const MAX_ANSWER_BYTES = 16_000_000;
const TLS_CODES = /CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^EPROTO$/;

export function registryHttp(address: RegistryAddress): RegistryHttp {
  const { ca, timeoutMs = DEFAULT_TIMEOUT_MS } = address;
  const parsed = URL.parse(address.url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new ConfigError('registry.url is no address: expected one such as http://127.0.0.1:8081');
  }
  const username = address.username ?? decodeURIComponent(parsed.username);
  const password = address.password?.reveal() ?? decodeURIComponent(parsed.password);
  const login = username === '' ? undefined : { username, password };
  const url = `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
  const secure = parsed.protocol === 'https:';
  // A connection kept from before the registry restarted would fail the first request after it.
  const agent = secure
    ? new HttpsAgent({ keepAlive: false, ...(ca !== undefined && { ca }) })
    : new Agent({ keepAlive: false });
  const headers = {
    accept: 'application/vnd.schemaregistry.v1+json, application/json',
    ...(login && {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    }),
  };

  function fault(cause: unknown): Error {
    if (cause instanceof PermanentError || cause instanceof ConfigError || cause instanceof RetryableError) {
      return cause;
    }
    const { code = '', name, message } = cause as NodeJS.ErrnoException;
    if (TLS_CODES.test(code)) {
      const advice = 'name the authority that signed its certificate in registry.ca_file';
      return new ConfigError(`schema registry ${url} is not trusted (${code}): ${advice}`, { cause });
    }
    const reason = name === 'TimeoutError' ? `no answer in ${timeoutMs} ms` : code || message;
    return new RetryableError(
      `schema registry ${url} is away (${reason}): start it, or correct registry.url`,
      { cause },
    );
  }

  async function ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await new Promise<Answer>((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(
        `${url}${path}`,
        {
          method,
          agent,
          signal,
          headers: { ...headers, ...(text !== undefined && { 'content-type': 'application/json' }) },
        },
        (response) => void readAnswer(response).then(resolve, reject),
      );
      request.on('error', reject);
      request.end(text);
    }).catch((error: unknown) => {
      throw fault(signal.aborted ? signal.reason : error);
    });
    return settled(answer, url, `${method} ${path}`);
  }

  return { url, login, agent, timeoutMs, ask, fault };
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_ANSWER_BYTES) throw new RangeError(`answer of more than ${MAX_ANSWER_BYTES} bytes`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { status: response.statusCode ?? 0, body };
}

function settled({ status, body }: Answer, url: string, what: string): unknown {
  if (status >= 200 && status < 300 && body !== undefined) return body;
  // A registry says in JSON that it lacks something; anybody else who answers 404 is no registry.
  if (status === 404 && body !== undefined) return undefined;
  if (status === 401) {
    throw new ConfigError(
      `schema registry ${url} refuses the credentials (401): check registry.username and registry.password`,
    );
  }
  if (status === 403) {
    throw new ConfigError(
      `schema registry ${url} does not allow ${what} (403): give the user of registry.username that right`,
    );
  }
  const said = messageOf(body);
  if (status === 408 || status === 429 || status >= 500) {
    throw new RetryableError(
      `schema registry ${url} is unwell (${status}${said}) on ${what}: see its log, then try again`,
    );
  }
  if (body === undefined) {
    throw new ConfigError(
      `no schema registry answers at ${url} (${status} on ${what}): registry.url must end where /subjects begins, such as http://host:8080/apis/ccompat/v7`,
    );
  }
  throw new PermanentError(`schema registry ${url} refuses ${what} (${status}${said})`);
}

function messageOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? `, ${body.message.slice(0, 500)}`
    : '';
}
