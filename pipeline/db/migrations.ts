/**
 * The numbered files of `sql/`. One set for every flavour; what differs is said in the comment a file begins with:
 *
 *   -- flavour: timescaledb       only there; elsewhere it stays pending. Several words: several flavours.
 *   -- transaction: none          its statements run one by one, outside of a transaction (25001 otherwise), and
 *                                 must be safe to repeat: after a failure the file is run again from its beginning
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { ConfigError } from '../model/errors.ts';
import { FLAVOURS, type Flavour } from './flavour.ts';

export const SQL_FOLDER = new URL('../../sql/', import.meta.url);

export interface Migration {
  readonly version: number;
  readonly file: string;
  readonly checksum: string;
  readonly sql: string;
  readonly flavours: readonly Flavour[];
  readonly transactional: boolean;
}

/** The numbered files in order. @throws ConfigError when two have one number, or a header says what is unknown. */
export function migrations(folder: URL = SQL_FOLDER): Migration[] {
  const found = readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(new URL(file, folder), 'utf8');
      return {
        version: Number.parseInt(file, 10),
        file,
        sql,
        checksum: checksumOf(sql),
        ...header(file, sql),
      };
    });
  for (const [i, { version, file }] of found.entries()) {
    if (version === found[i - 1]?.version) {
      throw new ConfigError(
        `migrations ${found[i - 1]!.file} and ${file} have one number: rename one of them`,
      );
    }
  }
  return found;
}

function header(file: string, sql: string): Pick<Migration, 'flavours' | 'transactional'> {
  const comment = /^(?:[ \t]*(?:--.*)?\r?\n)*/.exec(sql)![0];
  const said = (name: string) =>
    new RegExp(`^-- ${name}: *(.*?)\\s*$`, 'm').exec(comment)?.[1]?.split(/[ ,]+/);
  const flavours = said('flavour') ?? FLAVOURS;
  const unknown = flavours.find((word) => !(FLAVOURS as readonly string[]).includes(word));
  if (unknown !== undefined) {
    throw new ConfigError(
      `migration ${file} is for the flavour "${unknown}": there are ${FLAVOURS.join(', ')}`,
    );
  }
  const transaction = said('transaction')?.join(' ');
  if (transaction !== undefined && transaction !== 'none') {
    throw new ConfigError(
      `migration ${file} says "transaction: ${transaction}": "none" can be said, or nothing`,
    );
  }
  return { flavours: flavours as Flavour[], transactional: transaction === undefined };
}

/**
 * The statements of a file that runs without a transaction: each ends with a semicolon at the end of a line. Sent as
 * one they would be one transaction. @throws ConfigError for bodies in dollar quotes, which may hold semicolons.
 */
export function statements({ file, sql }: Pick<Migration, 'file' | 'sql'>): string[] {
  if (/\$\w*\$/.test(sql)) {
    throw new ConfigError(
      `migration ${file} runs without a transaction and has a body in dollar quotes: put that into a file of its own`,
    );
  }
  return sql
    .replaceAll(/^[ \t]*--.*$/gm, '')
    .split(/;[ \t]*(?:--.*)?$/m)
    .map((statement) => statement.trim())
    .filter(Boolean);
}

/** Line ends do not count: a checkout on another system may have changed them. */
function checksumOf(sql: string): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}
