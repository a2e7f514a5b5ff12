/** The matrix through Kafka, exactly once: by series, partitions, rows a record, and one or two processes of one group. */
import { catalogue, topicName } from '../../../topics/catalogue.ts';
import { assertValid, type BenchContext } from '../bench.ts';
import { countRecords } from '../count-records.ts';
import { figure, type Figure } from '../figure.ts';
import { polledTopic, reports, startMember, stopMembers } from '../member/members.ts';
import { COUNTERS_PER_ROW, WARM_POLLS } from '../schedule.ts';

interface KafkaCellOptions {
  readonly rowsPerEntity: number;
  readonly partitions: number;
  readonly processes: number;
  readonly series: number;
  readonly runs: number;
  /** Folded in each run. */
  readonly samplesPerRun: number;
}

interface KafkaCell {
  readonly samplesPerSecond: readonly number[];
  /** Of all processes of the group; the broker's is not in it. */
  readonly cpuUsPerSample: readonly number[];
}

const PORTS = 48;

export async function measureKafka(
  context: BenchContext,
  {
    sizes,
    ...size
  }: Pick<KafkaCellOptions, 'series' | 'runs' | 'samplesPerRun'> & {
    readonly sizes: readonly number[];
  },
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const measure = async (
    name: string,
    options: Omit<KafkaCellOptions, keyof typeof size> & { readonly series?: number },
  ): Promise<KafkaCell> => {
    context.progress(`matrix: through Kafka, ${name}`);
    const cell = await cellOf(context, { ...size, ...options });
    figures.push(
      figure(`matrix-kafka: ${name}`, 'samples/s', cell.samplesPerSecond),
      figure(`matrix-kafka: ${name}, CPU`, 'us/sample', cell.cpuUsPerSample),
    );
    return cell;
  };
  for (const series of sizes) {
    const options = { series, rowsPerEntity: PORTS, partitions: 4, processes: 1 };
    await measure(`${series / 1000}k series`, options);
  }
  for (const rowsPerEntity of [1, 8, 48, 500])
    await measure(`${rowsPerEntity} rows a record`, { rowsPerEntity, partitions: 4, processes: 1 });
  const one = new Map<number, KafkaCell>();
  for (const partitions of [1, 4, 12]) {
    const options = { rowsPerEntity: PORTS, partitions, processes: 1 };
    one.set(partitions, await measure(`${partitions} partitions, 1 process`, options));
  }
  for (const partitions of [4, 12]) {
    const options = { rowsPerEntity: PORTS, partitions, processes: 2 };
    const two = await measure(`${partitions} partitions, 2 processes`, options);
    const alone = figure('', '', one.get(partitions)!.samplesPerSecond).median;
    const ratios = two.samplesPerSecond.map((speed) => speed / alone);
    figures.push(
      figure(`matrix-kafka: 2 processes against 1, ${partitions} partitions`, 'ratio', ratios, {
        better: 'higher',
      }),
    );
  }
  return figures;
}

async function cellOf(context: BenchContext, options: KafkaCellOptions): Promise<KafkaCell> {
  const { rowsPerEntity, partitions, processes, series, runs, samplesPerRun } = options;
  const entities = Math.ceil(series / COUNTERS_PER_ROW / rowsPerEntity);
  const pollsPerRun = Math.ceil(samplesPerRun / (entities * rowsPerEntity * COUNTERS_PER_ROW));
  const topic = await polledTopic(context, {
    entities,
    rowsPerEntity,
    partitions,
    polls: runs * pollsPerRun,
  });
  const warm = await topic.write(WARM_POLLS);
  const member = { address: await context.kafka(), naming: topic.naming };
  const members = Array.from({ length: processes }, () => startMember(context, member));
  const samplesPerSecond: number[] = [];
  const cpuUsPerSample: number[] = [];
  try {
    const first = await reports(members, partitions);
    // Folded once each, whichever of them had the partition meanwhile.
    assertValid(total(first, 'records') === warm, `${total(first, 'records')} of ${warm} records came out`);
    for (let run = 0; run < runs; run += 1) {
      for (const one of members) one.ask('hold');
      for (const one of members) await one.answer('held');
      const written = await topic.write(pollsPerRun);
      for (const one of members) one.ask('go');
      const said = await reports(members, partitions);
      assertValid(
        total(said, 'records') === written,
        `${total(said, 'records')} of ${written} records came out`,
      );
      const samples = pollsPerRun * topic.samplesPerPoll;
      samplesPerSecond.push(samples / Math.max(...said.map(({ seconds }) => seconds)));
      cpuUsPerSample.push(total(said, 'cpuUs') / samples);
    }
    await stopMembers(members);
    const all = warm + runs * pollsPerRun * entities;
    const committed = await countRecords(
      topic.broker,
      topicName(catalogue['metric.interface'], topic.naming),
    );
    assertValid(committed === all, `${committed} metric records of ${all} readings are in the topic`);
  } finally {
    for (const one of members) await one.kill();
  }
  return { samplesPerSecond, cpuUsPerSample };
}

function total(
  said: readonly { readonly records: number; readonly cpuUs: number }[],
  of: 'records' | 'cpuUs',
): number {
  return said.reduce((sum, one) => sum + one[of], 0);
}
