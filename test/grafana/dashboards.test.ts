/** Every query of the dashboards runs, as the role that Grafana has, and gives what its panel can draw. */
import { describe, expect, it } from '@jest/globals';
import type { FieldDef, Pool, QueryResult } from 'pg';
import pg from 'pg';
import { postgresService } from '../services/postgres.ts';
import { dashboards, provider, source, type Dashboard } from './dashboard-files.ts';
import { expanded } from './macros.ts';
import { DEVICE, FROM, insertSampleRows, PORTS, TO } from './sample-rows.ts';

const { INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC, TIMESTAMPTZ, TEXT } = pg.types.builtins;
const NUMBERS: readonly number[] = [INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC];
const TEXTS: readonly number[] = [TEXT];

const postgres = postgresService();
const variables = { device: [DEVICE], interface: PORTS, severity: ['info', 'warning', 'critical'] };
const time = { from: FROM, to: TO, intervalMs: 300_000 };

/** As TimescaleDB has it, for servers without: the data source is told that it is there. */
const TIME_BUCKET = `
  CREATE FUNCTION time_bucket(width interval, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
  RETURN date_bin(width, at, '2000-01-03')`;

interface Query {
  readonly name: string;
  /** Of the panel; annotation and variable besides. */
  readonly type: string;
  readonly format: string;
  readonly rawSql: string;
}

function queriesOf({ panels, annotations, templating }: Dashboard): Query[] {
  return [
    ...panels.flatMap(({ title, type, targets }) =>
      targets.map((target) => ({ ...target, type, name: `${title} ${target.refId}` })),
    ),
    ...annotations.list.map(({ name, target }) => ({
      ...target,
      type: 'annotation',
      name: `annotation ${name}`,
    })),
    ...templating.list.flatMap((variable) =>
      variable.type === 'query'
        ? [{ name: `$${variable.name}`, type: 'variable', format: 'table', rawSql: variable.query }]
        : [],
    ),
  ];
}

/** Says which query it was. */
async function each(dashboard: Dashboard, work: (query: Query) => Promise<void>): Promise<void> {
  for (const query of queriesOf(dashboard)) {
    await work(query).catch((cause: unknown) => {
      throw new Error(`${dashboard.file}: ${query.name}: ${(cause as Error).message}`, { cause });
    });
  }
}

async function asReader(pool: Pool, sql: string): Promise<QueryResult<Record<string, unknown>>> {
  const client = await pool.connect();
  try {
    await client.query('SET ROLE netsigma_reader; SET default_transaction_read_only = on');
    return await client.query<Record<string, unknown>>(sql);
  } finally {
    await client.query('RESET ALL; RESET ROLE');
    client.release();
  }
}

function numbers(fields: readonly FieldDef[]): FieldDef[] {
  return fields.filter(({ name, dataTypeID }) => name !== 'time' && NUMBERS.includes(dataTypeID));
}

/** Grafana's frame of a time series: time ascending, a number at least, and texts, which become labels. */
function expectSeries({ rows, fields }: QueryResult<Record<string, unknown>>, timescale: boolean): void {
  const at = fields.find(({ name }) => name === 'time');
  expect(at?.dataTypeID).toBe(timescale ? TIMESTAMPTZ : NUMERIC);
  expect(numbers(fields)).not.toEqual([]);
  const texts = fields.filter(({ dataTypeID }) => TEXTS.includes(dataTypeID));
  expect(fields).toHaveLength(1 + numbers(fields).length + texts.length);
  const times = rows.map((row) => Number(row['time']));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(numbers(fields).every(({ name }) => rows.some((row) => row[name] !== null))).toBe(true);
  const keys = rows.map((row) => JSON.stringify([row['time'], ...texts.map(({ name }) => row[name])]));
  expect(new Set(keys).size).toBe(keys.length);
}

describe('every query', () => {
  for (const timescale of [true, false]) {
    it.each(dashboards)(`of $file runs${timescale ? '' : ' on plain PostgreSQL'}`, async (dashboard) => {
      const { pool } = await postgres.database();
      if (timescale) await pool.query(TIME_BUCKET);
      await insertSampleRows(pool);
      await each(dashboard, async ({ type, format, rawSql }) => {
        const result = await asReader(pool, expanded(rawSql, { time, timescale, variables }));
        expect(result.rows.length).toBeGreaterThan(0);
        if (format === 'time_series') expectSeries(result, timescale);
        if (['stat', 'bargauge'].includes(type)) expect(numbers(result.fields)).not.toEqual([]);
        if (type === 'annotation')
          expect(result.fields.map(({ name }) => name)).toEqual(['time', 'timeend', 'text', 'tags']);
      });
    });
  }

  it.each(dashboards)('of $file gives no error where there is nothing', async (dashboard) => {
    const { pool } = await postgres.database();
    await each(dashboard, async ({ rawSql }) => {
      await asReader(pool, expanded(rawSql, { time, timescale: false, variables }));
    });
  });
});

describe('the figures of the pipeline dashboard', () => {
  it('are those of the rows', async () => {
    const { pool } = await postgres.database();
    await insertSampleRows(pool);
    const of = async (title: string) => {
      const panel = dashboards.flatMap(({ panels }) => panels).find((each) => each.title === title)!;
      const sql = expanded(panel.targets[0]!.rawSql, { time, timescale: false, variables });
      return (await asReader(pool, sql)).rows;
    };
    expect(Number((await of('Successful polls'))[0]!['successful'])).toBeCloseTo(83.333, 3);
    const silent = await of('Devices without a successful poll for three intervals');
    expect(silent.map(({ device }) => device)).toEqual(['silent', 'a']);
    expect((await of('From reading to row'))[0]).toMatchObject({ median: 0.3 });
    expect(await of('Open now')).toEqual([{ critical: '1', warning: '1', info: '0' }]);
  });
});

describe('the dashboards', () => {
  it('have fixed uids, each its own', () => {
    const uids = dashboards.map(({ uid }) => uid);
    expect(uids.toSorted()).toEqual(['netsigma-anomalies', 'netsigma-interfaces', 'netsigma-pipeline']);
    expect(dashboards.map(({ file, uid }) => [file, uid])).toEqual(
      dashboards.map(({ file }) => [file, `netsigma-${file.replace('.json', '')}`]),
    );
  });

  it('read the provisioned data source, whose user may only read', () => {
    const named = dashboards.flatMap(({ panels, annotations, templating }) => [
      ...panels.map(({ datasource }) => datasource),
      ...annotations.list.map(({ datasource }) => datasource),
      ...templating.list.flatMap((variable) => (variable.type === 'query' ? [variable.datasource] : [])),
    ]);
    expect(new Set(named.map(({ type, uid }) => `${type} ${uid}`))).toEqual(
      new Set([`${source.type} ${source.uid}`]),
    );
    expect(source).toMatchObject({
      type: 'grafana-postgresql-datasource',
      user: 'netsigma_reader',
      jsonData: { timescaledb: true },
      secureJsonData: { password: '$__file{/run/secrets/reader-password}' },
    });
    expect(provider.options.path).toBe('/etc/grafana/dashboards');
  });

  it.each(dashboards)(
    '$file has panels with ids of their own that do not lie on each other',
    ({ panels }) => {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
    },
  );

  it('link to dashboards that there are', () => {
    const linked = dashboards.flatMap((dashboard) =>
      [...JSON.stringify(dashboard).matchAll(/"\/d\/([\w-]+)/g)].map(([, uid]) => uid!),
    );
    const uids = dashboards.map(({ uid }) => uid);
    expect(linked.filter((uid) => !uids.includes(uid))).toEqual([]);
  });
});

describe('macros', () => {
  const given = { time, timescale: true, variables };

  it('become what Grafana makes of them', () => {
    expect(
      expanded('SELECT $__timeGroupAlias(at, $__interval), 1 WHERE $__timeFilter(at) -- why', given),
    ).toBe(
      `SELECT time_bucket('300.000s',at) AS "time", 1 WHERE at BETWEEN '2026-11-21T09:00:00.000Z' AND '2026-11-21T10:00:00.000Z' `,
    );
    expect(expanded('$__timeGroup(at, $__interval)', { ...given, timescale: false })).toBe(
      'floor(extract(epoch from at)/300)*300',
    );
    expect(expanded('x IN (${interface:sqlstring})', given)).toBe(`x IN ('Te1/1/1','odd''port')`);
  });

  it.each(['$__timeGroop(at, 1s)', '$missing', '${missing:sqlstring}', '$__timeGroup(at)'])(
    'that are unknown are an error: %s',
    (sql) => {
      expect(() => expanded(sql, given)).toThrow(/unknown|needs/);
    },
  );
});
