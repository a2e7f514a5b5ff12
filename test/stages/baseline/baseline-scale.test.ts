import { describe, expect, it } from '@jest/globals';
import { baseScale } from '../../../pipeline/stages/baseline/baseline-scale.ts';
import { BASELINE_DEFAULTS } from '../../../pipeline/stages/baseline/baseline-settings.ts';
import { catalogue, withFields } from '../../../topics/catalogue.ts';
import { DetectHarness } from '../../support/detect-harness.ts';

const STEP = 300_000;
const START = Date.UTC(2026, 0, 5);

describe('scale of a baseline', () => {
  it('puts a percentage that left 0 at a million sigmas at most', () => {
    const scale = baseScale(0, 0, 300, 0, BASELINE_DEFAULTS);
    expect(100 / scale).toBeLessThanOrEqual(1e6 * (1 + 1e-9));
    expect(scale).toBeLessThan(0.001);
  });

  it('does not widen the scale of what was seen to scatter', () => {
    expect(baseScale(0.01, 0, 300, 0, BASELINE_DEFAULTS)).toBeCloseTo(0.0125, 4);
  });

  it('keeps all numbers finite of a gauge that was always 0 and then moves', () => {
    const wider = withFields(catalogue, 'metric.interface', [
      { name: 'loss_pct', type: 'double', kind: 'gauge', unit: '%', baseline: true, doc: 'A gauge.' },
    ]);
    const harness = new DetectHarness({ catalogue: wider });
    const quietPolls = (9 * 86_400_000) / STEP;
    for (let poll = 0; poll < quietPolls; poll += 1) {
      harness.poll({ atMs: START + poll * STEP, rows: { p1: { loss_pct: 0 } } });
    }
    for (let poll = quietPolls; poll < quietPolls + 3; poll += 1) {
      harness.poll({ atMs: START + poll * STEP, rows: { p1: { loss_pct: 50 } } });
      for (const column of ['sigma', 'score', 'scale']) {
        expect(Number.isFinite(harness.number(`loss_pct.${column}`))).toBe(true);
      }
    }
    const anomalies = harness.take().filter(({ metric_name: metric }) => metric === 'loss_pct');
    expect(anomalies.length).toBeGreaterThan(0);
    for (const { deviation_sigma: sigma, score } of anomalies) {
      expect(Math.abs(sigma!)).toBeLessThanOrEqual(1e6);
      expect(Number.isFinite(score)).toBe(true);
    }
  });
});
