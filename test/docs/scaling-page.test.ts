import { describe, expect, it } from '@jest/globals';
import { figure } from '../bench/figure.ts';
import type { Recording } from '../bench/recorded.ts';
import { scalingPage } from './scaling-page.ts';

/** Ten microseconds a sample, a kilobyte a series, and so on: sums that can be done in the head. */
const FIGURES: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  'matrix-kafka': [
    ['matrix-kafka: 4 partitions, 1 process, CPU', 10],
    ['matrix-kafka: 4 partitions, 1 process', 100_000],
  ],
  matrix: [
    ['matrix: 100k series, growth of the process, all cells filled', 1_000],
    ['matrix: 1000k series, growth of the process, all cells filled', 500],
    ['matrix: raw.interface, a poll', 100],
    ['matrix: metric.interface, a poll', 200],
    ['matrix: insight.deviation, a poll', 300],
    ['matrix: insight.baseline, an hour', 6_000],
  ],
  sink: [
    ["sink: timescaledb-apache: CPU of the sink's process", 6],
    ['sink: timescaledb-apache: topic to table, decode to commit', 100_000],
    ['sink: timescaledb-apache: table and indexes on disk', 500],
  ],
  restart: [
    ['restart: 100k series, process start to first record', 2],
    ['restart: 1000k series, process start to first record', 30],
  ],
  checkpoint: [['checkpoint: every 15 min, polled each 60 s', 15]],
  snmp: [['snmp: 1000 switches, v2c, netsigma: CPU', 3]],
};

const recorded = (bench: string): Recording => ({
  bench,
  date: '2026-11-21',
  commit: 'abc1234',
  machine: { cpu: 'c', cores: 2, memory_gib: 1, node: '24' },
  conditions: 'idle',
  figures: FIGURES[bench]!.map(([name, value]) => figure(name, 'x', [value])),
});

describe('docs/scaling.md', () => {
  const page = scalingPage(recorded);

  it.each([
    'rows a second | 167 | 1,667 | 16,667',
    'samples a second | 1,333 | 13,333 | 133,333',
    'process: cores | 0.0133 | 0.133 | 1.33',
    'process: share of what one process reached | 0.0133 | 0.133 | 1.33',
    'process: memory, GB, all processes | 0.0800 | 0.400 | 4.00',
    'sink: cores, without the database | 0.00100 | 0.0100 | 0.100',
    'sink: share of what one sink reached | 0.00167 | 0.0167 | 0.167',
    // 100 + 200 + 300 + 6,000 / 60 bytes a row
    'broker: in, MB/s, without replication | 0.117 | 1.17 | 11.7',
    'broker: out, MB/s | 0.0667 | 0.667 | 6.67',
    // 86,400 s x (7 x 400 + 300) bytes a row
    'broker: disk, GB, one replica | 44.6 | 446 | 4,464',
    'database: GB a day, uncompressed | 7.20 | 72.0 | 720',
    'restart, s, one process with all of it | 1.60 | 24.0 | 240',
    'broker: checkpoints, MB/s in | 0.0200 | 0.200 | 2.00',
    // 16,667 / 48 polls a second of 3 ms
    'collectors: cores, SNMP v2c | 0.0104 | 0.104 | 1.04',
  ])('works out %s', (cells) => {
    expect(page).toContain(`| ${cells} |`);
  });

  it('leaves open what was not recorded, and says so', () => {
    const partly = scalingPage((bench) => (bench === 'sink' ? undefined : recorded(bench)));
    expect(partly).toContain(
      '| database: GB a day, uncompressed | not recorded | not recorded | not recorded |',
    );
    expect(partly).toContain('| process: cores | 0.0133 | 0.133 | 1.33 |');
    expect(partly).toContain('wait for a recorded run');
    expect(page).not.toContain('not recorded');
  });
});
