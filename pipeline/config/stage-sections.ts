/**
 * Settings of the stages: all of them change the fold. Names and defaults are those of the stages' own settings
 * objects, so that `config.rate`, `config.baseline`, `config.detect` and `config.features` are passed on as they are.
 */
import { BASELINE_DEFAULTS as baseline } from '../stages/baseline/baseline-settings.ts';
import { DETECT_DEFAULTS as detect } from '../stages/detect/detect-settings.ts';
import { FEATURE_DEFAULTS as features } from '../stages/features/feature-settings.ts';
import { RATE_DEFAULTS as rate } from '../stages/rate/rate-settings.ts';
import { formatDuration } from './duration.ts';
import * as setting from './setting.ts';

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

const folds = { changesFold: true } as const;
const count = (doc: string, fallback: number, limits: Limits = {}) =>
  setting.integer(doc, fallback, { min: 1, ...limits, ...folds });
const number = (doc: string, fallback: number, limits: Limits = {}) =>
  setting.number(doc, fallback, { ...limits, ...folds });
const factor = (doc: string, fallback: number) =>
  setting.number(doc, fallback, { min: 1, max: 1_000, ...folds });
const share = (doc: string, fallback: number) => setting.number(doc, fallback, { max: 1, ...folds });
const milliseconds = (doc: string, fallbackMs: number) =>
  setting.duration(doc, formatDuration(fallbackMs), { min: '0ms', max: '3650d', ...folds });
const seconds = (doc: string, fallbackS: number) =>
  setting.seconds(doc, formatDuration(1_000 * fallbackS), folds);

export const rateSection = setting.section('Counters to rates.', {
  gap_intervals: factor(
    'A rate over more than this many poll intervals has the quality gap.',
    rate.gapIntervals,
  ),
  utilization_slack: factor('Bits above this multiple of the speed are implausible.', rate.utilizationSlack),
  wrap_slack: factor(
    'A fall of a 32-bit counter is a wrap if the growth fits into this multiple of the speed.',
    rate.wrapSlack,
  ),
  min_packets_to_judge: count(
    'Octets a packet are judged from this many packets on.',
    rate.minPacketsToJudge,
  ),
  mtu_slack: count('Octets that a packet may have beyond the MTU.', rate.mtuSlack, { min: 0, max: 65_535 }),
  stale: milliseconds(
    'How long a device that repeats all its counters is taken for a stale cache.',
    rate.staleMs,
  ),
  stale_intervals: number('The same in poll intervals; the longer of the two holds.', rate.staleIntervals, {
    max: 1_000,
  }),
});

export const baselineSection = setting.section('Seasonal baselines.', {
  min_polls: count('Nothing is expected of a series before this many polls.', baseline.minPolls),
  full_confidence: seconds('Confidence is full after so long a time of learning.', baseline.fullConfidenceS),
  full_confidence_polls: count('And after so many polls.', baseline.fullConfidencePolls),
  clip_after: seconds('Before so much learning, values move their cells unclipped.', baseline.clipAfterS),
  clip_scales: factor('Afterwards a value moves its cells by at most this many scales.', baseline.clipScales),
  day_visits: count('Days of which an hour-of-day cell must know before it is used.', baseline.dayVisits),
  week_visits: count('Weeks of which an hour-of-week cell must know before it is used.', baseline.weekVisits),
  day_weight: share('Least weight of another day in its hour-of-day cell.', baseline.dayWeight),
  week_weight: share('Least weight of another week in its hour-of-week cell.', baseline.weekWeight),
  min_visit: seconds('An hour of which less was seen is no visit.', baseline.minVisitS),
  level_memory: seconds("Time constant of a series' level.", baseline.levelMemoryS),
  error_memory: seconds('Time constant of the errors that choose level, day or week.', baseline.errorMemoryS),
  excuse_within: factor(
    "A less specific expectation may excuse a value if its error is within this multiple of the best one's.",
    baseline.excuseWithin,
  ),
  scale_prior_visits: number(
    "Weight, in visits, of the series' own error in the scale of a cell.",
    baseline.scalePriorVisits,
  ),
  min_relative_scale: share(
    'The scale is at least this share of the expected value.',
    baseline.minRelativeScale,
  ),
  shift_polls: count('Clipped polls on one side, in a row, that make a level shift.', baseline.shiftPolls),
  shift: seconds('And the time that they must last.', baseline.shiftS),
  shift_keeps_factor: factor(
    'Cells are scaled to a new level within this factor, and forgotten beyond it.',
    baseline.shiftKeepsFactor,
  ),
  shift_forgets: seconds('And the time that a shift beyond that factor must last.', baseline.shiftForgetsS),
  live: milliseconds(
    'Cells are published while readings come within this of being observed.',
    baseline.liveMs,
  ),
  spread: milliseconds(
    'And within so long after their hour, each entity at its own time. Longer for networks of more than 100k interfaces.',
    baseline.spreadMs,
  ),
});

export const detectSection = setting.section('Anomalies.', {
  warn_sigma: number('Deviation in scales beyond which an anomaly is info.', detect.warnSigma, {
    max: 1_000,
  }),
  crit_sigma: number('Beyond it: warning; beyond twice of it: critical.', detect.critSigma, { max: 1_000 }),
  critical_polls: count('Polls beyond crit_sigma that make it critical as well.', detect.criticalPolls),
  min_confidence: share('Confidence of the baseline from which anomalies open.', detect.minConfidence),
  min_judged_polls: count('Judged polls before anything opens.', detect.minJudgedPolls, { min: 0 }),
  alarm_confidence: share(
    'Below this confidence of the baseline no anomaly is more than info.',
    detect.alarmConfidence,
  ),
  open_score: number(
    'Calibrated score of a poll that may open an anomaly: one threshold for all series.',
    detect.openScore,
  ),
  lone_score: number(
    'Score of a poll that opens one alone, if it is beyond twice crit as well.',
    detect.loneScore,
  ),
  scaled_weight: number(
    'What the score of a deviation in scales counts for beside the others.',
    detect.scaledWeight,
  ),
  alarm_score: number(
    "An anomaly is more than info when as many polls as confirm it go so far beyond the series' records in scales.",
    detect.alarmScore,
  ),
  extreme_score: number('Or one poll goes so many times the square of it.', detect.extremeScore),
  confirming_polls: count(
    'Polls, itself included, that must be beyond warn and a quarter.',
    detect.confirmingPolls,
  ),
  window_polls: count('Among so many polls.', detect.windowPolls, { max: 32 }),
  min_record: number("Least value of a series' record of deviations, in scales.", detect.minRecord),
  first_record: number(
    'The same while a series is new: a series that has shown little may still show much.',
    detect.firstRecord,
    { min: 0, max: 1_000 },
  ),
  record_growth: factor('Growth of the record in one poll, at most.', detect.recordGrowth),
  record_growth_by_anomaly: factor(
    'Growth of the record by one anomaly, at most.',
    detect.recordGrowthByAnomaly,
  ),
  record_decay_per_s: share('Share of the record that is forgotten in a second.', detect.recordDecayPerS),
  update_growth: factor(
    'An open anomaly is reported again when it grew by this factor.',
    detect.updateGrowth,
  ),
  update_every: milliseconds('At most so often.', detect.updateEveryMs),
  quiet_polls: count('Quiet polls that close an anomaly.', detect.quietPolls),
  silence: milliseconds('Time without a judged value that closes it.', detect.silenceMs),
  story: milliseconds(
    'Anomalies of one device that open within so long of each other are one story.',
    detect.storyMs,
  ),
  cooldown: milliseconds(
    'After closing, the series is silent so long unless it gets worse.',
    detect.cooldownMs,
  ),
  settle: milliseconds(
    'Nothing opens so long after a restart, a reset, a link that came up.',
    detect.settleMs,
  ),
  up: milliseconds("A port's going down is an anomaly if it had been up so long.", detect.upMs),
  flat_polls: count('Equal values in a row, at least, that make a flatline.', detect.flatPolls, { min: 2 }),
  flat: milliseconds('And the time that they must last.', detect.flatMs),
  flat_times_longest: factor(
    'And the multiple of the longest run that the series had before.',
    detect.flatTimesLongest,
  ),
  flat_max_repeats: share(
    'A series that repeats its value in more than this share of polls has no flatlines.',
    detect.flatMaxRepeats,
  ),
  status_surprise: number(
    'Bits beyond which a transition of a status, or its staying, is an anomaly: n bits are once in 2^n hours.',
    detect.statusSurprise,
    { max: 1_000 },
  ),
  critical_surprise: number(
    'Bits beyond which a transition is critical, and a stay a warning.',
    detect.criticalSurprise,
    {
      max: 1_000,
    },
  ),
  new_state: milliseconds(
    'An unlikely state that has lasted so long is the usual one from then on.',
    detect.newStateMs,
  ),
  flap_transitions: number('More transitions of a status than this are flapping.', detect.flapTransitions, {
    min: 1,
    max: 1_000,
  }),
  flap: milliseconds('Within about so long: a transition counts for less the older it is.', detect.flapMs),
  flap_times_most: factor(
    'And the multiple of the most transitions that the series had before in such a time.',
    detect.flapTimesMost,
  ),
});

export const featuresSection = setting.section('Features of closed windows, for models (docs/ml.md).', {
  enabled: setting.flag(
    'Whether there are any: ml.feature and ml_training_snapshots.',
    features.enabled,
    folds,
  ),
  grace: milliseconds(
    'The window of a device that says no more is closed so long after its end.',
    features.graceMs,
  ),
  spread: milliseconds('And within so long after that, each device at its own time.', features.spreadMs),
});
