/** `schemas/*.avsc` are generated from the catalogue and committed: `node topics/schemas.ts [--check]`. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { avroSchema } from './avro.ts';
import { catalogue, type Catalogue } from './catalogue.ts';

const FOLDER = new URL('../schemas/', import.meta.url);

/** File names and texts that `schemas/` must hold. */
export function schemaFiles(from: Catalogue = catalogue): Map<string, string> {
  return new Map(Object.values(from).map((topic) => [`${topic.name}.avsc`, `${JSON.stringify(avroSchema(topic), null, 2)}\n`]));
}

/** Names of the files in `schemas/` that differ from the catalogue (missing, stale or too many). */
export function staleSchemas(): string[] {
  const wanted = schemaFiles();
  const there = readdirSync(FOLDER).filter((file) => file.endsWith('.avsc'));
  const missing = [...wanted.keys()].filter((file) => !there.includes(file));
  return [...missing, ...there.filter((file) => wanted.get(file) !== readFileSync(new URL(file, FOLDER), 'utf8'))];
}

/** Writes `schemas/` anew. */
export function writeSchemas(): void {
  const wanted = schemaFiles();
  for (const file of readdirSync(FOLDER)) if (!wanted.has(file)) rmSync(new URL(file, FOLDER));
  for (const [file, text] of wanted) writeFileSync(new URL(file, FOLDER), text);
}
