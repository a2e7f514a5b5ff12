/** The schema registry inside the process: the same contract as one over HTTP, with the life of the process. */
import { PermanentError } from '../model/errors.ts';
import { incompatibility } from './compatibility.ts';
import type { AvroSchema, SchemaRegistry } from './port.ts';

export function embeddedRegistry(): SchemaRegistry {
  const subjects = new Map<string, AvroSchema[]>();
  const schemas: AvroSchema[] = [];
  /** One id a schema text, whatever the subject: as Confluent's registry numbers them. */
  const ids = new Map<string, number>();

  return {
    name: 'registry',
    async start() {
      // Nothing to reach.
    },
    async stop() {
      // Nothing to release.
    },

    async register(subject, schema) {
      const text = JSON.stringify(schema);
      const versions = subjects.get(subject) ?? [];
      if (!versions.some((version) => JSON.stringify(version) === text)) {
        const problem = incompatibility(schema, versions);
        if (problem !== undefined) throw new PermanentError(`schema of subject ${subject} ${problem}`);
        subjects.set(subject, [...versions, schema]);
      }
      let id = ids.get(text);
      if (id === undefined) {
        schemas.push(schema);
        id = schemas.length;
        ids.set(text, id);
      }
      return id;
    },

    async schema(id) {
      return schemas[id - 1];
    },
  };
}
