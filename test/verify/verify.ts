/**
 * Recomputes metric.interface from raw.interface by code that shares nothing with the pipeline, and compares topics and
 * tables record by record:
 *
 *   node test/verify/verify.ts --kafka HOST:PORT --registry URL --database URL [--prefix p] [--json]
 *
 * To be run when nothing is under way: all lag zero, all writers stopped or idle. Exit code 1 for differences.
 */
import { parseArgs } from 'node:util';
import { check, type Report } from './check.ts';
import { readTables } from './database.ts';
import { readTopics } from './read-topics.ts';
import { reportText } from './report-text.ts';

export interface VerifyOptions {
  /** host:port, several with commas. */
  readonly kafka: string;
  /** URL of the Confluent-compatible API. */
  readonly registry: string;
  /** Before every topic's name; none unless told. */
  readonly prefix?: string;
  /** URL; without it only topics are compared. */
  readonly database?: string;
}

export async function verify({ kafka, registry, prefix = '', database }: VerifyOptions): Promise<Report> {
  const topics = await readTopics({ kafka, registry, prefix });
  return check(topics, database === undefined ? {} : await readTables(database));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kafka: { type: 'string' },
      registry: { type: 'string' },
      database: { type: 'string' },
      prefix: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  });
  const { kafka, registry, prefix, database, json } = values;
  if (kafka === undefined || registry === undefined) {
    process.stderr.write('verify: --kafka HOST:PORT and --registry URL are needed\n');
    process.exitCode = 2;
  } else {
    const report = await verify({ kafka, registry, prefix, ...(database !== undefined && { database }) });
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
    process.exitCode = report.ok ? 0 : 1;
  }
}
