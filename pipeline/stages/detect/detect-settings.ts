/** What an operator may change about anomalies. All of it changes the outputs: part of the fold version. */
export interface DetectSettings {
  /** Severity: info beyond warn, warning beyond crit, critical beyond twice crit or for `criticalPolls` beyond crit. */
  readonly warnSigma: number;
  readonly critSigma: number;
  readonly criticalPolls: number;
  /** Anomalies open from this confidence of the series' baseline on, and after so many judged polls. */
  readonly minConfidence: number;
  readonly minJudgedPolls: number;
  /** Below this confidence no anomaly is more than info. */
  readonly alarmConfidence: number;
  /**
   * The one threshold for all series: an anomaly opens at a poll above `openScore` and beyond warn, once
   * `confirmingPolls` of `windowPolls` polls are beyond warn and a quarter; or at once when it is above `loneScore` and beyond twice crit.
   */
  readonly openScore: number;
  readonly loneScore: number;
  /** What the score of a deviation in scales counts for beside the others. */
  readonly scaledWeight: number;
  /**
   * An anomaly is more than info when so many polls as confirm it go this far beyond the series' records in scales, of a
   * poll, of drift or of swing (farther on a series with heavy tails); or one poll goes as far as `extremeScore` times the
   * square of it: alone it says less, and the less the heavier the tail.
   */
  readonly alarmScore: number;
  readonly extremeScore: number;
  readonly confirmingPolls: number;
  readonly windowPolls: number;
  /**
   * The record of deviations in scales: its least value, the most that the first `minJudgedPolls` can make it, its growth in one
   * poll and by one anomaly, its decay.
   */
  readonly minRecord: number;
  readonly firstRecord: number;
  readonly recordGrowth: number;
  readonly recordGrowthByAnomaly: number;
  readonly recordDecayPerS: number;
  /** An open anomaly is reported again when its worst sigma has grown so far, at most so often. */
  readonly updateGrowth: number;
  readonly updateEveryMs: number;
  /** It closes after so many quiet polls, or after so long without a judged value (or three polls, if longer). */
  readonly quietPolls: number;
  readonly silenceMs: number;
  /** Anomalies of one device that open within so long of each other (or two polls, if longer) are one story. */
  readonly storyMs: number;
  /** After closing, the series stays silent for so long unless it gets worse than before. */
  readonly cooldownMs: number;
  /** After a restart of the agent, a counter reset or a link that came up, nothing opens for so long. */
  readonly settleMs: number;
  /** A port's going down is an anomaly if it had been up for so long. */
  readonly upMs: number;
  /** A constant value is a flatline from so many polls, so long, and so many times its longest run on. */
  readonly flatPolls: number;
  readonly flatMs: number;
  readonly flatTimesLongest: number;
  /** Series that repeat their value in more than this share of polls are usually constant: never a flatline. */
  readonly flatMaxRepeats: number;
  /**
   * Of a status, the one threshold: a transition of so many bits is an anomaly, a warning; beyond `criticalSurprise` it is
   * critical. A stay so much longer than usual is info, and then a warning. 10 bits are once in 2^10 hours, six weeks.
   */
  readonly statusSurprise: number;
  readonly criticalSurprise: number;
  /** An unlikely state that has lasted so long is the usual one from then on. */
  readonly newStateMs: number;
  /** More transitions than this within about `flapMs`, and `flapTimesMost` times the most before, are flapping. */
  readonly flapTransitions: number;
  readonly flapMs: number;
  readonly flapTimesMost: number;
}

export const DETECT_DEFAULTS: DetectSettings = {
  warnSigma: 2,
  critSigma: 3,
  criticalPolls: 3,
  // A week: until the hours of each day are known, what is new is mostly what nobody has seen yet.
  minConfidence: 0.5,
  minJudgedPolls: 100,
  alarmConfidence: 0.5,
  openScore: 1.3,
  loneScore: 2,
  scaledWeight: 0.4,
  alarmScore: 2.1,
  extremeScore: 2,
  confirmingPolls: 2,
  windowPolls: 3,
  minRecord: 2,
  firstRecord: 10,
  recordGrowth: 1.2,
  recordGrowthByAnomaly: 1.3,
  // 0.9999 a poll of 300 s: half of a record is forgotten in 24 days, whatever the interval.
  recordDecayPerS: 1e-4 / 300,
  updateGrowth: 1.25,
  updateEveryMs: 60_000,
  quietPolls: 5,
  silenceMs: 900_000,
  storyMs: 300_000,
  cooldownMs: 600_000,
  settleMs: 120_000,
  upMs: 600_000,
  flatPolls: 12,
  flatMs: 900_000,
  flatTimesLongest: 3,
  flatMaxRepeats: 0.05,
  statusSurprise: 10,
  criticalSurprise: 12,
  newStateMs: 86_400_000,
  flapTransitions: 5,
  flapMs: 3_600_000,
  flapTimesMost: 3,
};

/**
 * Of a recording: it is short, one of a few, and somebody looks at it as a whole and wants to be shown what is odd in it.
 * A pipeline watches a hundred thousand series for years, and each of them is new to itself now and then.
 */
export function recordingSettings(settings: DetectSettings): DetectSettings {
  return {
    ...settings,
    minConfidence: Math.min(settings.minConfidence, 0.03),
    openScore: Math.min(settings.openScore, 1.09),
    loneScore: Math.min(settings.loneScore, 1.3),
  };
}
