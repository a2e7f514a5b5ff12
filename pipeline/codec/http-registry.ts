/**
 * A schema registry over HTTP: Confluent's API, as Apicurio (ccompat), Karapace and others have it. Needed at start
 * and when an id is seen for the first time; what was asked once is known for good, for ids never change.
 */
import { ConfigError } from '../model/errors.ts';
import type { Log } from '../model/component.ts';
import type { AvroSchema, SchemaRegistry } from './port.ts';
import { registryHttp, type RegistryAddress } from './registry-http.ts';
import { avroIn, registrySubjects } from './registry-subjects.ts';

export interface HttpRegistryOptions extends RegistryAddress {
  readonly log: Log;
}

/** What `netsigma schemas` asks beyond the port. */
export interface HttpRegistry extends SchemaRegistry {
  /** Without credentials. */
  readonly url: string;
  /** The id of a schema that the subject has among its versions, as it is; undefined when it has not. */
  lookup(subject: string, schema: AvroSchema): Promise<number | undefined>;
  /** All versions of a subject, oldest first; none of a subject that is not there. */
  versions(subject: string): Promise<readonly AvroSchema[]>;
}

/** An id that the registry did not know is asked for again after this long: bad records may repeat it endlessly. */
const UNKNOWN_MS = 1_000;

/** Inert until `start`. Waits at most `timeoutMs` (10 s) for each answer and repeats nothing by itself. */
export function httpRegistry(options: HttpRegistryOptions): HttpRegistry {
  const http = registryHttp(options);
  const { url } = http;
  const subjects = registrySubjects(http, options.log);
  const ids = new Map<string, Promise<number>>();
  const schemas = new Map<number, Promise<AvroSchema | undefined>>();
  const unknown = new Map<number, NodeJS.Timeout>();

  return {
    name: 'registry',
    url,

    async start() {
      const types = await http.ask('GET', '/schemas/types');
      if (Array.isArray(types) && types.includes('AVRO')) return;
      throw new ConfigError(
        `schema registry ${url} knows no Avro (GET /schemas/types): registry.url must end where /subjects begins, such as http://host:8080/apis/ccompat/v7`,
      );
    },

    async stop() {
      for (const timer of unknown.values()) clearTimeout(timer);
      unknown.clear();
    },

    register(subject, schema) {
      const key = `${subject}\n${JSON.stringify(schema)}`;
      return remembered(ids, key, async () => {
        const id = await subjects.register(subject, schema);
        schemas.set(id, Promise.resolve(schema));
        clearTimeout(unknown.get(id));
        unknown.delete(id);
        return id;
      });
    },

    async schema(id) {
      // The bytes of a bad record may say anything; no registry gives such an id.
      if (id <= 0 || unknown.has(id)) return undefined;
      const schema = await remembered(schemas, id, async () =>
        avroIn(await http.ask('GET', `/schemas/ids/${id}`)),
      );
      if (schema === undefined && !unknown.has(id)) {
        schemas.delete(id);
        unknown.set(id, setTimeout(() => unknown.delete(id), UNKNOWN_MS).unref());
      }
      return schema;
    },

    lookup: subjects.lookup,
    versions: subjects.versions,
  };
}

/** The promise under `key`, made if need be; one that fails is forgotten. */
function remembered<Key, Value>(
  cache: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const there = cache.get(key);
  if (there !== undefined) return there;
  const made = make().catch((error: unknown) => {
    cache.delete(key);
    throw error;
  });
  cache.set(key, made);
  return made;
}
