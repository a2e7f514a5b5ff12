/** What an operator may change about features. All of it changes the outputs: part of the fold version. */
export interface FeatureSettings {
  /** Without them nothing is kept and nothing sent; labels are, as ever. */
  readonly enabled: boolean;
  /** The window of a device that says no more is closed so long after its end, */
  readonly graceMs: number;
  /** and within so long after that, each device at its own time. */
  readonly spreadMs: number;
}

export const FEATURE_DEFAULTS: FeatureSettings = { enabled: true, graceMs: 600_000, spreadMs: 600_000 };
