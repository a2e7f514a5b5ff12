/** A short run of the chaos that `npm run chaos` makes for minutes. */
import { afterAll, expect, it } from '@jest/globals';
import { canRunKafka } from '../services/kafka-server.ts';
import { registryService } from '../services/registry.ts';
import { reasonOf } from '../services/service.ts';
import { killProcesses } from '../support/netsigma-process.ts';
import { describeIf } from '../support/requires.ts';
import { chaos } from './chaos.ts';
import { surroundings } from './surroundings.ts';

const missing = [await canRunKafka(), await registryService()].map(reasonOf).filter(Boolean).join('; ');

describeIf(missing === '', missing)('chaos', () => {
  afterAll(killProcesses);

  it('loses nothing, doubles nothing, changes nothing', async () => {
    const around = await surroundings({ plain: true });
    if (around.kind === 'missing') throw new Error(around.reason);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const lines: string[] = [`seed ${seed}`];
    try {
      const progress = (line: string) => void lines.push(line);
      const size = { seed, durationMs: 40_000, kills: 3, members: 2, devices: 6 };
      const { report, exitCodes, load } = await chaos({ ...around, ...size, progress });
      expect(report.differences).toEqual([]);
      expect(report.counts.metrics.rawRecords).toBeGreaterThanOrEqual(load.records);
      expect(report.counts.insight.deviations).toBeGreaterThan(0);
      expect(report.counts.tables.poll_history!.found).toBeGreaterThan(0);
      // null: stopped before it could listen to signals.
      expect(exitCodes.filter((code) => code !== 0 && code !== null)).toEqual([]);
    } catch (error) {
      throw new Error(lines.join('\n'), { cause: error });
    } finally {
      await around.stop();
    }
  }, 400_000);
});
