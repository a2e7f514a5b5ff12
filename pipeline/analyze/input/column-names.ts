/** What columns are usually called, by what they mean. */

/** Columns that a user may name. */
export const ROLES = ['time', 'entity', 'instance', 'metric', 'value', 'kind', 'unit', 'speed'] as const;
export type Role = (typeof ROLES)[number];

const NAMES: Readonly<Record<Role | 'ownKind' | 'label' | 'status' | 'id' | 'lineSpeed', RegExp>> = {
  time: /^(_?time(_?stamp)?|date_?time|timestamps?|ts|date|when|(observed|recorded|collected|created|received)_?(at|on|time)?|(event|sample|start|log)_?(time|date)|utc|epoch(_?(s|ms|us|ns))?|unix_?time|(time|timestamp|ts|elapsed)_?(s|sec|seconds|ms|us|ns|utc)|elapsed(_?time)?)$/i,
  entity:
    /^(entity|device(_?(ip|id|name))?|host(_?name)?|node(_?(id|name))?|agent_?host|sys_?name|source|target|server(_?name)?|router|switch|machine(_?id)?|pod|container|service|site|station(_?id)?|kpi_?id)$/i,
  instance:
    /^(instance|interface(_?name)?|if_?(name|descr|index|alias)|port|sensor(_?id)?|name|disk|cpu|core|mount(_?point)?|path|queue|channel)$/i,
  metric: /^(metric(_?name)?|_?field|_?measurement|counter|kpi|parameter|variable|item|oid|__name__)$/i,
  value: /^(_?value|val|reading|y|measured_?value)$/i,
  kind: /^(kind|type|metric_?(type|kind))$/i,
  /** Nothing but kinds, whatever stands in it; a "type" may be anything's. */
  ownKind: /^(metric_?)?kind$/i,
  unit: /^(units?|metric_?unit|uom)$/i,
  speed: /^(speed|if_?(high_?)?speed|bandwidth(_bps)?|link_?speed)$/i,
  /** In wide form "speed" alone may be anything's. */
  lineSpeed: /^(if_?(high_?)?speed|link_?speed)$/i,
  /** What others said of the data. */
  label:
    /^(labels?|is_?anomaly|anomal(y|ous|ies)|is_?outlier|outliers?|ground_?truth|anomaly_?(label|score)|target_?label)$/i,
  status:
    /(status|state|health|online|reachable|availability|available|alive)$|^(is_?)?(up|down|on|off|alarm)$/i,
  /** Numbers that are names. */
  id: /(^|_|\s)(id|index|idx|no|number|vlan|asn?|slot)$|^if_?index$/i,
};

/** Whether a column of this name is usually this. Of `tags.host` and `fields/cpu` the last part decides as well. */
export function isCalled(role: keyof typeof NAMES, name: string): boolean {
  const plain = plainName(name);
  return NAMES[role].test(plain) || NAMES[role].test(plainName(name.slice(name.search(/[^./:]*$/))));
}

/** Milliseconds in what a column of times counts, if its name says it: `elapsed_ms`, `Time [us]`; else seconds. */
export function numberUnitMs(name: string): number {
  const unit = /(?:^|[\s_([])(ms|millis|us|micros|ns|nanos)[a-z]*[)\]]?\s*$/i.exec(name)?.[1]?.toLowerCase();
  return unit === undefined ? UNITS_MS.s : UNITS_MS[unit.charAt(0) as keyof typeof UNITS_MS];
}

/** What `numberUnitMs` is called. */
export function unitText(unitMs: number): string {
  return (
    { [UNITS_MS.m]: 'milliseconds', [UNITS_MS.u]: 'microseconds', [UNITS_MS.n]: 'nanoseconds' }[unitMs] ??
    'seconds'
  );
}

const UNITS_MS = { s: 1000, m: 1, u: 1e-3, n: 1e-6 } as const;

/** Without blanks around it, and without a unit in brackets: `Time (s)`. */
function plainName(name: string): string {
  return name
    .replace(/\s*[([][^)\]]*[)\]]\s*$/, '')
    .trim()
    .replaceAll(/[\s-]+/g, '_');
}
