/**
 * What Grafana's PostgreSQL data source makes of a panel's SQL: variables, then macros. Rules and outputs are those of
 * grafana/pkg/tsdb/grafana-postgresql-datasource/macros.go; an unknown macro is an error, as there.
 */

export interface PanelTime {
  readonly from: Date;
  readonly to: Date;
  /** `$__interval`: the width of one step. */
  readonly intervalMs: number;
}

export interface Expansion {
  readonly time: PanelTime;
  /** `jsonData.timescaledb` of the data source. */
  readonly timescale: boolean;
  /** Values of the dashboard's variables; several are a list of literals. */
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

/** Nested parentheses inside a macro's arguments are not understood, here as there. */
const MACRO = /\$(__\w+)\(([^)]*)\)/g;

/** @throws Error for an unknown macro or variable. */
export function expanded(sql: string, { time, timescale, variables }: Expansion): string {
  const interval = `${time.intervalMs / 1000}s`;
  const withVariables = sql
    .replaceAll(/\/\*.*?\*\/|--[^\n]*/gs, '')
    .replaceAll('$__interval_ms', String(time.intervalMs))
    .replaceAll(/\$\{__interval\}|\$__interval\b/g, interval)
    .replaceAll(/\$\{(\w+):sqlstring\}/g, (_, name: string) => literals(name, variables));
  const result = withVariables.replaceAll(MACRO, (_, name: string, parameters: string) =>
    macro(
      name,
      parameters.split(',').map((parameter) => parameter.trim()),
      { time, timescale },
    ),
  );
  const left = /\$\{?[A-Za-z_]\w*/.exec(result);
  if (left !== null) throw new Error(`unknown variable or macro ${left[0]} in: ${result}`);
  return result;
}

function literals(name: string, variables: Expansion['variables']): string {
  const values = variables[name];
  if (values === undefined) throw new Error(`unknown variable ${name}`);
  return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',');
}

function macro(
  name: string,
  parameters: readonly string[],
  { time, timescale }: Pick<Expansion, 'time' | 'timescale'>,
): string {
  const [column = '', step = ''] = parameters;
  const [from, to] = [time.from, time.to].map((at) => `'${at.toISOString()}'`);
  switch (name) {
    case '__timeFilter':
      return `${column} BETWEEN ${from} AND ${to}`;
    case '__timeFrom':
      return from!;
    case '__timeTo':
      return to!;
    case '__timeGroup':
      return timeGroup(column, step, timescale);
    case '__timeGroupAlias':
      return `${timeGroup(column, step, timescale)} AS "time"`;
    default:
      throw new Error(`unknown macro $${name}`);
  }
}

function timeGroup(column: string, step: string, timescale: boolean): string {
  const seconds = Number(/^'?(\d+(?:\.\d+)?)s'?$/.exec(step)?.[1]);
  if (!(seconds > 0))
    throw new Error(`$__timeGroup needs a column and an interval, not "${column}, ${step}"`);
  return timescale
    ? `time_bucket('${seconds.toFixed(3)}s',${column})`
    : `floor(extract(epoch from ${column})/${seconds})*${seconds}`;
}
