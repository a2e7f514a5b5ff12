import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deviceId } from '../../../pipeline/model/entity.ts';
import { evaluate, MAX_WAITING } from '../../../pipeline/stages/evaluate/evaluate.ts';
import { MAX_ANOMALIES_PER_ENTITY } from '../../../pipeline/stages/evaluate/recent-anomalies.ts';
import type { AnomalyRecord } from '../../../topics/anomaly.ts';
import { ruleKey, verdictRuleId, VERDICTS, type Verdict } from '../../../topics/rules.ts';
import { anomalyRecord } from '../../sink/sink-lab.ts';
import { verdict } from '../../support/rule.ts';
import { stageHarness, type StageHarness } from '../../support/stage-harness.ts';

const TEN = Date.UTC(2026, 10, 21, 10);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ENTITY = 'default/device/r1';
const A = idOf(1);

function idOf(number: number): string {
  return `00000000-0000-5000-8000-${number.toString(16).padStart(12, '0')}`;
}

function opened(id: string, changes: Partial<AnomalyRecord> = {}): AnomalyRecord {
  const times = { opened_at: TEN + 5 * MINUTE, updated_at: TEN + 6 * MINUTE };
  return anomalyRecord({ anomaly_id: id, ...times, ...changes });
}

function say(
  harness: StageHarness,
  id: string,
  what: Verdict | null,
  at = TEN + 20 * MINUTE,
  entity = ENTITY,
): void {
  const rule = verdict(id, what ?? 'confirmed', {
    entity,
    created_by: 'ada',
    created_at: at,
    opened_at: TEN,
  });
  harness.update('control.rule', ruleKey(rule), what === null ? null : rule);
}

/** predictions, true, acknowledged, false, precision */
const counted = ({ evaluations }: StageHarness) =>
  evaluations.map((one) => [
    one.predictions_made,
    one.true_positives,
    one.acknowledged,
    one.false_positives,
    one.precision_score,
  ]);

describe('ml.evaluation', () => {
  it('counts what opened, and what people say of it: acknowledged is real until it is called false', () => {
    const harness = stageHarness(evaluate());
    harness.anomaly(opened(A));
    harness.anomaly(opened(A, { revision: 2, state: 'closed', closed_at: TEN + 10 * MINUTE }));
    harness.anomaly(opened(idOf(2)));
    say(harness, A, 'acknowledged');
    say(harness, A, 'false_positive');
    say(harness, idOf(2), 'confirmed');
    expect(counted(harness)).toEqual([
      [1, 0, 0, 0, null],
      [2, 0, 0, 0, null],
      [2, 1, 1, 0, 1],
      [2, 0, 0, 1, 0],
      [2, 1, 0, 1, 0.5],
    ]);
    expect(harness.evaluations.at(-1)).toEqual({
      domain: 'default',
      entity: ENTITY,
      device_ip: '10.0.0.1',
      device_id: deviceId(ENTITY),
      netbox_device_id: null,
      site_id: 3,
      model_name: 'deviation',
      model_version: '1',
      revision: 5,
      predictions_made: 2,
      true_positives: 1,
      acknowledged: 0,
      false_positives: 1,
      precision_score: 0.5,
      evaluated_at: TEN + 20 * MINUTE,
    });
  });

  it('is corrected when a verdict is withdrawn, and says nothing when one is repeated', () => {
    const harness = stageHarness(evaluate());
    harness.anomaly(opened(A));
    for (const what of ['false_positive', 'false_positive', null, null] as const) say(harness, A, what);
    expect(counted(harness).slice(1)).toEqual([
      [1, 0, 0, 1, 0],
      [1, 0, 0, 0, null],
    ]);
  });

  it('is of each entity, detector and version by itself', () => {
    const harness = stageHarness(evaluate());
    harness.anomaly(opened(A));
    harness.anomaly(opened(idOf(2), { detector: 'flatline' }));
    harness.anomaly(opened(idOf(3), { detector_version: '2' }));
    harness.anomaly(opened(idOf(4), { detector_version: null }));
    harness.anomaly(opened(idOf(5), { entity: 'default/device/r2' }));
    for (const id of [A, idOf(3)]) say(harness, id, 'confirmed');
    const last = harness.evaluations.map((one) => [
      one.entity.at(-1),
      one.model_name,
      one.model_version,
      one.revision,
      one.true_positives,
    ]);
    expect(last).toEqual([
      ['1', 'deviation', '1', 1, 0],
      ['1', 'flatline', '1', 1, 0],
      ['1', 'deviation', '2', 1, 0],
      ['1', 'deviation', 'unversioned', 1, 0],
      ['2', 'deviation', '1', 1, 0],
      ['1', 'deviation', '1', 2, 1],
      ['1', 'deviation', '2', 2, 1],
    ]);
  });

  it('says nothing of anomalies that others opened, of other rules, and of nonsense', () => {
    const harness = stageHarness(evaluate());
    harness.anomaly(opened(A, { revision: 2, state: 'updated' }));
    say(harness, A, 'confirmed');
    harness.anomaly(opened(idOf(2)));
    const nonsense = verdict(idOf(2), 'confirmed', { entity: null });
    harness.update('control.rule', ruleKey(nonsense), nonsense);
    const lab = verdict(idOf(2), 'confirmed', { domain: 'lab', entity: 'lab/device/r1' });
    harness.update('control.rule', ruleKey(lab), lab);
    harness.update('control.site', `default/${verdictRuleId(idOf(2))}`, null);
    expect(counted(harness)).toEqual([[1, 0, 0, 0, null]]);
    expect(harness.features).toEqual([]);
  });

  it('counts a verdict that was there before its anomaly, unless it was withdrawn', () => {
    const harness = stageHarness(evaluate());
    say(harness, A, 'acknowledged');
    say(harness, A, 'confirmed');
    say(harness, idOf(2), 'confirmed');
    say(harness, idOf(2), null);
    expect(harness.evaluations).toEqual([]);
    harness.anomaly(opened(A));
    harness.anomaly(opened(idOf(2)));
    expect(counted(harness)).toEqual([
      [1, 0, 0, 0, null],
      [1, 1, 0, 0, 1],
      [2, 1, 0, 0, 1],
    ]);
  });

  it('lets the oldest of so many verdicts go that wait', () => {
    const harness = stageHarness(evaluate());
    for (let n = 0; n <= MAX_WAITING; n += 1) say(harness, idOf(n), 'confirmed');
    harness.anomaly(opened(idOf(0)));
    harness.anomaly(opened(idOf(1)));
    expect(counted(harness).at(-1)).toEqual([2, 1, 0, 0, 1]);
  });
});

describe('a label', () => {
  it('says in which windows the anomaly was active, and what of it is what', () => {
    const harness = stageHarness(evaluate());
    harness.anomaly(opened(A, { severity: 'info' }));
    const end = { state: 'closed', closed_at: TEN + 2 * HOUR + MINUTE } as const;
    harness.anomaly(opened(A, { revision: 2, severity: 'critical', ...end }));
    say(harness, A, 'false_positive');
    expect(harness.features).toEqual([
      {
        snapshot_type: 'labels',
        feature_version: '1',
        domain: 'default',
        entity: ENTITY,
        device_ip: '10.0.0.1',
        device_id: deviceId(ENTITY),
        netbox_device_id: null,
        site_id: 3,
        device_role: null,
        window_start: TEN,
        window_end: TEN + 3 * HOUR,
        hour_of_week: null,
        rows: [],
        anomalies: [
          {
            anomaly_id: A,
            interface_name: 'Gi0/1',
            metric_name: 'rx_bps',
            detector: 'deviation',
            detector_version: '1',
            anomaly_type: 'spike',
            severity: 'critical',
            opened_at: TEN + 5 * MINUTE,
            closed_at: TEN + 2 * HOUR + MINUTE,
            verdict: 'false_positive',
            decided_by: 'ada',
            decided_at: TEN + 20 * MINUTE,
          },
        ],
      },
    ]);
  });

  it('of an anomaly that goes on reaches to the verdict; a withdrawn one says null', () => {
    const harness = stageHarness(evaluate());
    harness.anomaly(opened(A));
    say(harness, A, 'confirmed', TEN + HOUR + MINUTE);
    say(harness, A, null);
    expect(
      harness.features.map((one) => [one.window_start, one.window_end, one.anomalies[0]!.verdict]),
    ).toEqual([
      [TEN, TEN + 2 * HOUR, 'confirmed'],
      [TEN, TEN + HOUR, null],
    ]);
  });

  it('of an anomaly of long ago says what the verdict knows of it, and is not counted', () => {
    const harness = stageHarness(evaluate());
    for (let n = 0; n <= MAX_ANOMALIES_PER_ENTITY; n += 1) harness.anomaly(opened(idOf(n)));
    harness.evaluations.length = 0;
    say(harness, idOf(0), 'confirmed');
    say(harness, idOf(1), 'confirmed');
    expect(harness.evaluations).toHaveLength(1);
    expect(harness.features.map(({ anomalies }) => anomalies[0])).toMatchObject([
      { anomaly_id: idOf(0), anomaly_type: null, opened_at: TEN, verdict: 'confirmed' },
      { anomaly_id: idOf(1), anomaly_type: 'spike', verdict: 'confirmed' },
    ]);
    expect(harness.outcomes.get('forgotten')).toBe(1);
    // Nor does it come back when it goes on.
    harness.anomaly(opened(idOf(0), { revision: 2, state: 'closed', closed_at: TEN }));
    say(harness, idOf(0), 'false_positive');
    expect(harness.evaluations).toHaveLength(1);
  });
});

type Step =
  | { readonly kind: 'opened'; readonly id: number }
  | { readonly kind: 'said'; readonly id: number; readonly what: Verdict | null };

const ids = fc.integer({ min: 0, max: 11 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('opened' as const), id: ids }),
    fc.record({ kind: fc.constant('said' as const), id: ids, what: fc.constantFrom(...VERDICTS, null) }),
  ),
  { maxLength: 40 },
);
const entityOf = (id: number): string => `default/device/r${id % 4}`;

function take(harness: StageHarness, step: Step, already: Set<number>): void {
  if (step.kind === 'said') say(harness, idOf(step.id), step.what, TEN, entityOf(step.id));
  else if (!already.has(step.id)) harness.anomaly(opened(idOf(step.id), { entity: entityOf(step.id) }));
  already.add(step.kind === 'opened' ? step.id : -1);
}

/** What was sent, by entity: evaluations, then features, so that it does not matter how many sent them in turn. */
function sentBy(...harnesses: readonly StageHarness[]): Map<string, object[]> {
  const all = [
    ...harnesses.flatMap(({ evaluations }) => evaluations),
    ...harnesses.flatMap(({ features }) => features),
  ];
  return new Map(
    [0, 1, 2, 3].map((n) => [entityOf(n), all.filter(({ entity }) => entity === entityOf(n))] as const),
  );
}

describe('whatever happens', () => {
  it('counts are what a recount of the last verdicts gives', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const harness = stageHarness(evaluate());
        const seen = new Set<number>();
        const said = new Map<number, Verdict | null>();
        for (const step of all) {
          // A verdict that waits is lost when its entity is known: its anomaly was opened long ago, as far as anybody knows.
          if (step.kind === 'said' && !seen.has(step.id)) continue;
          take(harness, step, seen);
          if (step.kind === 'said') said.set(step.id, step.what);
        }
        const recount = (what: Verdict): number => [...said.values()].filter((one) => one === what).length;
        const totals = [...harness.stage.detectorCounts!()];
        expect(totals.reduce((sum, one) => sum + one.predictions, 0)).toBe(
          [...seen].filter((id) => id >= 0).length,
        );
        for (const what of VERDICTS) {
          expect(totals.reduce((sum, one) => sum + one.verdicts[what], 0)).toBe(recount(what));
        }
      }),
    );
  });

  it('two tasks send what one would: each of its own entities, though both hear all verdicts', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const one = stageHarness(evaluate());
        const two = [stageHarness(evaluate()), stageHarness(evaluate())];
        const seen = new Set<number>();
        const seenByTwo = new Set<number>();
        for (const step of all) {
          take(one, step, seen);
          if (step.kind === 'said') for (const task of two) take(task, step, seenByTwo);
          else take(two[(step.id % 4) % 2]!, step, seenByTwo);
        }
        expect(sentBy(...two)).toEqual(sentBy(one));
      }),
    );
  });

  it('after a restart it goes on as if nothing had been', () => {
    fc.assert(
      fc.property(steps, fc.nat({ max: 40 }), (all, at) => {
        const whole = stageHarness(evaluate());
        let restarted = stageHarness(evaluate());
        const [seen, seenAgain] = [new Set<number>(), new Set<number>()];
        const before: StageHarness[] = [];
        for (const [n, step] of all.entries()) {
          take(whole, step, seen);
          if (n === at) {
            before.push(restarted);
            restarted = restarted.restart();
          }
          take(restarted, step, seenAgain);
        }
        expect(sentBy(...before, restarted)).toEqual(sentBy(whole));
      }),
    );
  });
});
