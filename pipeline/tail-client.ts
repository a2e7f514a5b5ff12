/** `netsigma tail`: reads a topic of a running netsigma from its status address. */
import { ConfigError, RetryableError } from './model/errors.ts';

export interface RemoteTailOptions {
  readonly topic: string;
  readonly url: string;
  readonly limit: number;
  readonly follow: boolean;
  /** JSON as it comes; otherwise `field=value` for people. */
  readonly json: boolean;
}

/** Lines until the stream ends or the signal aborts. @throws ConfigError for an unknown topic or address. */
export async function* remoteTail(
  options: RemoteTailOptions,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const { topic, url, limit, follow, json } = options;
  const address = `${url}/topics/${encodeURIComponent(topic)}/tail?limit=${limit}&follow=${follow}`;
  let response: Response;
  try {
    response = await fetch(address, { signal });
  } catch (cause) {
    if (signal.aborted) return;
    throw new RetryableError(
      `nothing answers at ${url}: start "npm run demo", or name its status address by --url`,
      {
        cause,
      },
    );
  }
  if (!response.ok) {
    const { error, known } = (await response.json()) as { error?: string; known?: string[] };
    throw new ConfigError(
      `${error ?? response.statusText}${known === undefined ? '' : `; known: ${known.join(', ')}`}`,
    );
  }
  let rest = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield json ? line : readable(line);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Fields that have a value, in order; text without quotes. */
function readable(line: string): string {
  return Object.entries(JSON.parse(line) as Record<string, unknown>)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
