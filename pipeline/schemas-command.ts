/**
 * `netsigma schemas`: the committed schemas against the catalogue, against what has been released, and against what a
 * registry has. Two schemas of a topic go together when each reads what the other wrote (FULL_TRANSITIVE).
 */
import { incompatibility } from './codec/compatibility.ts';
import type { HttpRegistry } from './codec/http-registry.ts';
import { subjectProblem } from './codec/registry-subjects.ts';
import { ConfigError } from './model/errors.ts';
import { avroSchema, subjectOf } from '../topics/avro.ts';
import { topicName, type Catalogue, type Naming } from '../topics/catalogue.ts';
import type { TopicRow } from '../topics/row.ts';
import { releasedSchemas, releaseSchemas, staleSchemas } from '../topics/schemas.ts';

type Write = (text: string) => unknown;

export interface FilesDeps {
  readonly catalogue: Catalogue;
  readonly write: Write;
  /** Where the schemas are; `schemas/` unless told. */
  readonly folder?: URL;
}

export interface SubjectsDeps {
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly registry: HttpRegistry;
  /** Of the registry, to be shown. */
  readonly url: string;
  readonly write: Write;
}

/** @throws ConfigError naming stale files, or topic and field of what does not go with a released schema. */
export function checkFiles({ catalogue, write, folder }: FilesDeps): void {
  const problems = Object.values(catalogue).flatMap((topic) => releaseProblem(topic, folder));
  if (problems.length > 0) {
    throw new ConfigError(
      `${problems.join('\n')}\nRecords of released schemas lie in topics: take the change back, or add a field of another name`,
    );
  }
  const stale = staleSchemas(catalogue, folder);
  if (stale.length > 0) {
    throw new ConfigError(
      `schemas/ does not match topics/: ${stale.join(', ')}: run "npm run schemas" and commit`,
    );
  }
  write('schemas/ matches topics/ and goes with what is released\n');
}

/** Keeps the schemas of now as released. @throws ConfigError as `checkFiles` does. */
export function releaseFiles({ catalogue, write, folder }: FilesDeps): void {
  checkFiles({ catalogue, write, ...(folder && { folder }) });
  const released = releaseSchemas(catalogue, folder);
  write(
    released.length === 0
      ? 'nothing has changed since the last release\n'
      : `released, to be committed: ${released.join(', ')}\n`,
  );
}

function releaseProblem(topic: TopicRow, folder: URL | undefined): string[] {
  const problem = incompatibility(avroSchema(topic), releasedSchemas(topic.name, folder));
  return problem === undefined ? [] : [`topic ${topic.name} (schemas/released/${topic.name}) ${problem}`];
}

/** Whether the registry would take every schema. @throws ConfigError naming subjects and fields. */
export async function checkSubjects(deps: SubjectsDeps): Promise<void> {
  const { registry, url, write } = deps;
  const problems: string[] = [];
  let known = 0;
  const subjects = subjectsOf(deps);
  for (const { subject, schema } of subjects) {
    const problem = subjectProblem(schema, await registry.versions(subject));
    if (problem !== undefined) problems.push(`subject ${subject} ${problem}`);
    else if ((await registry.lookup(subject, schema)) !== undefined) known += 1;
  }
  if (problems.length > 0) {
    throw new ConfigError(
      `the registry ${url} has schemas that do not go with ours:\n${problems.join('\n')}`,
    );
  }
  write(`registry ${url}: ${known} of ${subjects.length} schemas are known, the others would be taken\n`);
}

/** Registers every schema and says so, a line each. @throws PermanentError naming subject and field. */
export async function registerSubjects(
  deps: SubjectsDeps,
  { json }: { readonly json: boolean },
): Promise<void> {
  const { registry, write } = deps;
  for (const { topic, subject, schema } of subjectsOf(deps)) {
    const isNew = (await registry.lookup(subject, schema)) === undefined;
    const id = await registry.register(subject, schema);
    write(
      json
        ? `${JSON.stringify({ topic, subject, id, isNew })}\n`
        : `${isNew ? 'new  ' : 'known'}  ${String(id).padStart(5)}  ${subject}\n`,
    );
  }
}

function subjectsOf({ catalogue, naming }: Pick<SubjectsDeps, 'catalogue' | 'naming'>) {
  return Object.values(catalogue).map((row) => {
    const topic = topicName(row, naming);
    return { topic, subject: subjectOf(topic), schema: avroSchema(row) };
  });
}
