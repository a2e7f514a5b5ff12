/**
 * npm run chaos -- [--minutes N] [--kills K] [--members M] [--devices D] [--seed S] [--plain] [--logs FOLDER] [--json]
 *
 * Exit code 0: no difference between the raw log and everything that was made of it.
 */
import { parseArgs } from 'node:util';
import { reportText } from '../verify/report-text.ts';
import { chaos } from './chaos.ts';
import { surroundings } from './surroundings.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '4' },
    kills: { type: 'string', default: '10' },
    members: { type: 'string', default: '2' },
    devices: { type: 'string', default: '12' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    /** An embedded PostgreSQL, not TimescaleDB. */
    plain: { type: 'boolean', default: false },
    /** A folder for what each member writes. */
    logs: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const progress = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);
const around = await surroundings(values);
if (around.kind === 'missing') {
  progress(around.reason);
  process.exitCode = 2;
} else {
  progress(`seed ${values.seed}`);
  try {
    const result = await chaos({
      ...around,
      seed: Number(values.seed),
      durationMs: Number(values.minutes) * 60_000,
      kills: Number(values.kills),
      members: Number(values.members),
      devices: Number(values.devices),
      progress,
      ...(values.logs !== undefined && { logs: values.logs }),
    });
    const { report, ...rest } = result;
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else process.stdout.write(`${JSON.stringify(rest, undefined, 2)}\n${reportText(report)}`);
    process.exitCode = result.ok ? 0 : 1;
  } finally {
    await around.stop();
  }
}
