/**
 * `schemas/*.avsc` are generated from the catalogue and committed. `schemas/released/<topic>/<n>.avsc` are the versions
 * that have been released: never changed again, for records of theirs lie in topics.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { avroSchema, type AvroRecordSchema } from './avro.ts';
import { catalogue, type Catalogue } from './catalogue.ts';

const FOLDER = new URL('../schemas/', import.meta.url);

/** Names and texts of the files that `schemas/` must hold. */
function schemaFiles(from: Catalogue): Map<string, string> {
  return new Map(Object.values(from).map((topic) => [`${topic.name}.avsc`, textOf(avroSchema(topic))]));
}

/** Names of the files in `schemas/` that differ from the catalogue (missing, stale or too many). */
export function staleSchemas(from: Catalogue = catalogue, folder = FOLDER): string[] {
  const wanted = schemaFiles(from);
  const there = avroFiles(folder);
  const missing = [...wanted.keys()].filter((file) => !there.includes(file));
  return [...missing, ...there.filter((file) => wanted.get(file) !== readFileSync(new URL(file, folder), 'utf8'))];
}

/** Writes `schemas/` anew, apart from what is released. */
export function writeSchemas(from: Catalogue = catalogue, folder = FOLDER): void {
  const wanted = schemaFiles(from);
  for (const file of avroFiles(folder)) if (!wanted.has(file)) rmSync(new URL(file, folder));
  for (const [file, text] of wanted) writeFileSync(new URL(file, folder), text);
}

/** The released schemas of a topic, oldest first. */
export function releasedSchemas(topic: string, folder = FOLDER): readonly AvroRecordSchema[] {
  const released = releasedFolder(topic, folder);
  if (!existsSync(released)) return [];
  const numbers = avroFiles(released).map((file) => Number.parseInt(file, 10));
  return numbers.sort((a, b) => a - b).map((number) => JSON.parse(readFileSync(new URL(`${number}.avsc`, released), 'utf8')) as AvroRecordSchema);
}

/** Keeps the catalogue's schemas as released where they differ from the last that was. Returns `<topic>/<n>` of each. */
export function releaseSchemas(from: Catalogue = catalogue, folder = FOLDER): string[] {
  return Object.values(from).flatMap((topic) => {
    const earlier = releasedSchemas(topic.name, folder);
    const text = textOf(avroSchema(topic));
    const last = earlier.at(-1);
    if (last !== undefined && textOf(last) === text) return [];
    const released = releasedFolder(topic.name, folder);
    mkdirSync(released, { recursive: true });
    writeFileSync(new URL(`${earlier.length + 1}.avsc`, released), text, { flag: 'wx' });
    return [`${topic.name}/${earlier.length + 1}`];
  });
}

function releasedFolder(topic: string, folder: URL): URL {
  return new URL(`released/${topic}/`, folder);
}

function avroFiles(folder: URL): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.avsc'));
}

function textOf(schema: AvroRecordSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
