/** Polls of one device for a stage that stands behind `rate`: rates, the time that they cover and their quality. */
import type { PollStatus } from '../../pipeline/model/reading.ts';
import { QUALITIES, type Quality } from '../../topics/interface.ts';
import type { StageHarness } from './stage-harness.ts';

export interface PortPoll {
  readonly atMs: number;
  /** Numbers by column, by instance. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly dtS?: number;
  /** `good` unless told, of all rows or of some. */
  readonly quality?: Quality;
  readonly bad?: Readonly<Record<string, Quality>>;
  readonly status?: PollStatus;
  readonly part?: number;
  readonly parts?: number;
  readonly timeZone?: string;
}

export function feedPort(harness: StageHarness, poll: PortPoll): void {
  const { atMs, rows, dtS = 60, quality = 'good', bad = {} } = poll;
  const { reading } = harness;
  reading.add([{ name: 'dt_s', kind: 'number' }]);
  const instances = Object.keys(rows);
  harness.place('default/device/r1', instances);
  Object.assign(reading, {
    domain: 'default',
    observedAtMs: atMs,
    appendedAtMs: atMs,
    status: poll.status ?? 'complete',
    part: poll.part ?? 1,
    parts: poll.parts ?? 1,
    timeZone: poll.timeZone ?? 'UTC',
  });
  for (const [row, instance] of instances.entries()) {
    for (const [name, value] of Object.entries(rows[instance]!)) reading.number(name).values[row] = value;
    reading.number('dt_s').values[row] = dtS;
    reading.quality[row] = QUALITIES.indexOf(bad[instance] ?? quality);
  }
  harness.process();
}
