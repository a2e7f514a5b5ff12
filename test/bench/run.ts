/** `npm run bench [-- NAME] [-- --json]`: stages, sink, kafka, or quick (all, small, for CI). Prints figures with their spread. */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { figureLine, type Figure } from './figure.ts';
import { kafkaBench } from './kafka.bench.ts';
import { sinkBench } from './sink.bench.ts';
import { stagesBench } from './stages.bench.ts';

const SEED = 20_261_121;
/** Two days and a bit at 5 minutes: baselines judge, and hour-of-day cells are in use. */
const WARM_POLLS = 620;

const BENCHES: Readonly<Record<string, () => Promise<Figure[]>>> = {
  stages: () =>
    stagesBench({ entities: 60, rowsPerEntity: 48, warmPolls: WARM_POLLS, polls: 60, runs: 5, seed: SEED }),
  sink: () => sinkBench({ entities: 200, rowsPerEntity: 48, polls: 40, runs: 5, seed: SEED }),
  kafka: () =>
    kafkaBench({ entities: 200, rowsPerEntity: 48, polls: 60, partitions: 4, runs: 5, seed: SEED }),
};

const QUICK: typeof BENCHES = {
  stages: () =>
    stagesBench({ entities: 8, rowsPerEntity: 48, warmPolls: WARM_POLLS, polls: 60, runs: 3, seed: SEED }),
  sink: () => sinkBench({ entities: 50, rowsPerEntity: 48, polls: 20, runs: 2, seed: SEED }),
  kafka: () =>
    kafkaBench({ entities: 100, rowsPerEntity: 48, polls: 40, partitions: 4, runs: 2, seed: SEED }),
};

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [name] = positionals;
const suite = name === 'quick' ? QUICK : BENCHES;
const chosen = name === undefined || name === 'quick' ? Object.keys(suite) : [name];
const unknown = chosen.filter((bench) => !(bench in suite));
if (unknown.length > 0) {
  process.stderr.write(
    `no bench "${unknown.join(', ')}": there are ${Object.keys(BENCHES).join(', ')} and quick\n`,
  );
  process.exit(2);
}

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory_gib: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  date: new Date().toISOString().slice(0, 10),
};
process.stderr.write(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Node ${machine.node}\n`,
);
const figures: Figure[] = [];
for (const bench of chosen) {
  process.stderr.write(`${bench} ...\n`);
  const measured = await suite[bench]!();
  figures.push(...measured);
  if (!values.json) for (const each of measured) process.stdout.write(`${figureLine(each)}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify({ machine, figures })}\n`);
