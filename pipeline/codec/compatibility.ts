/** FULL_TRANSITIVE: a new schema reads what every version wrote, and every version reads what it writes. */
import type avro from 'avsc';
import { avroType } from './avro-type.ts';
import type { AvroSchema } from './port.ts';

/**
 * Why `schema` may not join `versions`, or undefined if it may. The text names the field, the direction and the
 * way out.
 */
export function incompatibility(schema: AvroSchema, versions: readonly AvroSchema[]): string | undefined {
  const candidate = avroType(schema, 'bigint');
  for (const [index, version] of versions.entries()) {
    const earlier = avroType(version, 'bigint');
    const problem =
      readProblem(candidate, earlier, `cannot read version ${index + 1}`) ??
      readProblem(earlier, candidate, `cannot be read by version ${index + 1}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function readProblem(reader: avro.Type, writer: avro.Type, what: string): string | undefined {
  const problem = resolutionProblem(reader, writer, '');
  return problem === undefined
    ? undefined
    : `${what}: ${problem}; add fields as nullable with default null and never change a type`;
}

/** The innermost field whose types do not resolve, with avsc's reason: avsc itself does not say where. */
function resolutionProblem(reader: avro.Type, writer: avro.Type, path: string): string | undefined {
  try {
    reader.createResolver(writer);
    return undefined;
  } catch (error) {
    for (const [name, inReader, inWriter] of sharedParts(reader, writer)) {
      const inner = resolutionProblem(inReader, inWriter, path === '' ? name : `${path}.${name}`);
      if (inner !== undefined) return inner;
    }
    const reason = error instanceof Error ? error.message : String(error);
    return `${path === '' ? '' : `field ${path}: `}${reason.slice(0, 300)}`;
  }
}

/** Fields of both records, or the items of both arrays. */
function sharedParts(reader: avro.Type, writer: avro.Type): [string, avro.Type, avro.Type][] {
  if (isRecord(reader) && isRecord(writer)) {
    return reader.fields.flatMap((field): [string, avro.Type, avro.Type][] => {
      const other = writer.fields.find(({ name }) => name === field.name);
      return other === undefined ? [] : [[field.name, field.type, other.type]];
    });
  }
  return isArray(reader) && isArray(writer) ? [['items', reader.itemsType, writer.itemsType]] : [];
}

function isRecord(type: avro.Type): type is avro.types.RecordType {
  return type.typeName === 'record';
}

function isArray(type: avro.Type): type is avro.types.ArrayType {
  return type.typeName === 'array';
}
