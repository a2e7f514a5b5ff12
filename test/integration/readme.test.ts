/** What the README says must run. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { catalogue } from '../../topics/catalogue.ts';
import { postgresService } from '../services/postgres.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const postgres = postgresService();

describe('README', () => {
  const statements = [...readme.matchAll(/```sql\n([^`]*)```/g)]
    .flatMap(([, block]) => block!.split(';'))
    .map((statement) => statement.trim())
    .filter(Boolean);

  it.each(statements)('has a query that runs: %s', async (statement) => {
    const { pool } = await postgres.database();
    expect((await pool.query(statement)).fields.length).toBeGreaterThan(1);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, script]) => script!);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('lists every topic', () => {
    expect(Object.keys(catalogue).filter((topic) => !readme.includes(`\`${topic}\``))).toEqual([]);
  });

  it('shows a recorded bench', () => {
    expect(/<!-- bench -->([^]*)<!-- \/bench -->/.exec(readme)![1]).toMatch(
      /Recorded on \d{4}-\d{2}-\d{2}[^]*samples\/s/,
    );
  });
});
