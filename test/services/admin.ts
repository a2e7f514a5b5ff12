import pg from 'pg';

/** Runs one statement over a connection of its own: CREATE DATABASE and its like take no transaction. */
export async function admin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
