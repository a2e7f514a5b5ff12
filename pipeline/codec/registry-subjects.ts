/** Subjects of a schema registry and their versions: FULL_TRANSITIVE by our own comparison and by the registry's. */
import {
  COMPATIBILITY,
  SchemaRegistry as RegistryClient,
  SchemaType,
} from '@kafkajs/confluent-schema-registry';
import { ConfigError, PermanentError, RetryableError } from '../model/errors.ts';
import type { Log } from '../model/component.ts';
import { incompatibility } from './compatibility.ts';
import type { AvroSchema } from './port.ts';
import type { RegistryHttp } from './registry-http.ts';

export function registrySubjects(http: RegistryHttp, log: Log) {
  const client = new RegistryClient({
    host: http.url,
    ...(http.login && { auth: http.login }),
    agent: http.agent,
    retry: { retries: 0 },
  });

  async function register(subject: string, schema: AvroSchema): Promise<number> {
    await setCompatibility(subject);
    const id = (await lookup(subject, schema)) ?? (await add(subject, schema));
    // Registries compare before they append, not while: two processes may both have had the first version taken
    // (seen with Apicurio 2.6.13). The later one is refused here, now and at each start.
    const all = await versions(subject);
    const own = all.findIndex((version) => JSON.stringify(version) === JSON.stringify(schema));
    assertCompatible(subject, schema, own < 0 ? all : all.slice(0, own));
    return id;
  }

  async function add(subject: string, schema: AvroSchema): Promise<number> {
    assertCompatible(subject, schema, await versions(subject));
    try {
      const { id } = await within(
        http.timeoutMs,
        client.register(
          { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
          { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE },
        ),
      );
      log.info({ subject, id }, 'schema registered');
      return id;
    } catch (cause) {
      return afterRefusal(subject, schema, cause);
    }
  }

  /** Another process may have been faster, with this schema or one that it does not go with; or the answer was lost. */
  async function afterRefusal(subject: string, schema: AvroSchema, cause: unknown): Promise<number> {
    const known = await lookup(subject, schema);
    if (known !== undefined) return known;
    assertCompatible(subject, schema, await versions(subject));
    const { message, status } = cause as Error & { readonly status?: number };
    if (status === 401 || status === 403) {
      throw new ConfigError(
        `schema registry ${http.url} does not let subject ${subject} be written (${status}): give the user of registry.username that right, or run "netsigma schemas register" as one who has it`,
        { cause },
      );
    }
    if (status === 409 || status === 422) {
      throw new PermanentError(
        `schema of subject ${subject} is refused by the registry ${http.url} (${status}): ${message.slice(0, 1_000)}`,
        { cause },
      );
    }
    throw new RetryableError(
      `schema registry ${http.url} did not take the schema of subject ${subject} (${message.slice(0, 300)}): see its log, then try again`,
      { cause },
    );
  }

  /** Before the first version, so that there is never a moment in which the registry would take anything. */
  async function setCompatibility(subject: string): Promise<void> {
    const level = await levelOf(subject);
    if (level === COMPATIBILITY.FULL_TRANSITIVE) return;
    if (level !== undefined) {
      log.warn(
        { subject, compatibility: level },
        'the compatibility of a subject was not FULL_TRANSITIVE: it is set right',
      );
    }
    try {
      await http.ask('PUT', configPath(subject), { compatibility: COMPATIBILITY.FULL_TRANSITIVE });
    } catch (error) {
      // Processes that start together all set it, and Apicurio answers 409 or 500 to all but the first.
      if ((await levelOf(subject)) !== COMPATIBILITY.FULL_TRANSITIVE) throw error;
    }
  }

  async function levelOf(subject: string): Promise<string | undefined> {
    return textIn(await http.ask('GET', configPath(subject)), 'compatibilityLevel');
  }

  async function lookup(subject: string, schema: AvroSchema): Promise<number | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    const found = await http.ask('POST', path, { schema: JSON.stringify(schema) });
    return typeof found === 'object' && found !== null && 'id' in found && typeof found.id === 'number'
      ? found.id
      : undefined;
  }

  async function versions(subject: string): Promise<readonly AvroSchema[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const numbers = (await http.ask('GET', path)) ?? [];
    const found: AvroSchema[] = [];
    for (const number of Array.isArray(numbers) ? numbers : []) {
      const schema = avroIn(await http.ask('GET', `${path}/${number}`));
      if (schema !== undefined) found.push(schema);
    }
    return found;
  }

  return { register, lookup, versions };
}

function configPath(subject: string): string {
  return `/config/${encodeURIComponent(subject)}`;
}

/** @throws PermanentError naming the field, where a registry would count fields. */
function assertCompatible(subject: string, schema: AvroSchema, versions: readonly AvroSchema[]): void {
  const problem = subjectProblem(schema, versions);
  if (problem !== undefined) throw new PermanentError(`schema of subject ${subject} ${problem}`);
}

/** Why `schema` does not go with the versions of its subject, which may be anybody's. */
export function subjectProblem(schema: AvroSchema, versions: readonly AvroSchema[]): string | undefined {
  try {
    return incompatibility(schema, versions);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `meets a version that is not ours (${reason.slice(0, 300)}): delete it there, or set broker.prefix`;
  }
}

/** The client waits for ever on an answer that breaks off. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The schema in an answer; undefined when there is none or it is not Avro. */
export function avroIn(answer: unknown): AvroSchema | undefined {
  const text = textIn(answer, 'schema');
  // Registries leave the type out when it is Avro.
  if (text === undefined || (textIn(answer, 'schemaType') ?? 'AVRO') !== 'AVRO') return undefined;
  try {
    const schema: unknown = JSON.parse(text);
    return typeof schema === 'object' && schema !== null ? (schema as AvroSchema) : undefined;
  } catch {
    return undefined;
  }
}

function textIn(answer: unknown, key: string): string | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const value = (answer as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : undefined;
}
