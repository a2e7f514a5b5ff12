/** What every schema registry does, the embedded one and one over HTTP alike. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AvroSchema, SchemaRegistry } from '../../pipeline/codec/port.ts';
import { PermanentError } from '../../pipeline/model/errors.ts';

const record = (...fields: object[]): AvroSchema => ({
  type: 'record',
  name: 'Sample',
  namespace: 'test',
  fields,
});
const kept = { name: 'kept', type: 'string' };
const added = { name: 'added', type: ['null', 'long'], default: null };

export function registryContract(name: string, make: () => Promise<SchemaRegistry>): void {
  describe(`schema registry: ${name}`, () => {
    let registry: SchemaRegistry;

    beforeAll(async () => {
      registry = await make();
      await registry.start();
    });
    afterAll(() => registry.stop());

    it('gives a schema back by its id', async () => {
      const id = await registry.register('a-value', record(kept));
      expect(await registry.schema(id)).toEqual(record(kept));
    });

    it('gives the same schema the same id again', async () => {
      const first = await registry.register('b-value', record(kept));
      expect(await registry.register('b-value', record(kept))).toBe(first);
    });

    it('knows nothing of an id that it did not give', async () => {
      expect(await registry.schema(987_654)).toBeUndefined();
    });

    it('takes a version with a nullable field more, and one with it gone again', async () => {
      await registry.register('c-value', record(kept));
      const wider = await registry.register('c-value', record(kept, added));
      expect(await registry.schema(wider)).toEqual(record(kept, added));
      await expect(registry.register('c-value', record(kept))).resolves.toBeGreaterThan(0);
    });

    it('refuses a required field more, naming it', async () => {
      await registry.register('d-value', record(kept));
      const refused = registry.register('d-value', record(kept, { name: 'required', type: 'int' }));
      await expect(refused).rejects.toThrow(PermanentError);
      await expect(refused).rejects.toThrow(/d-value.*required/s);
    });

    it('refuses a changed type against every earlier version, not only the last', async () => {
      await registry.register('e-value', record(kept, added));
      await registry.register('e-value', record(kept));
      const changed = registry.register('e-value', record(kept, { ...added, type: ['null', 'string'] }));
      await expect(changed).rejects.toThrow(/added/);
    });
  });
}
