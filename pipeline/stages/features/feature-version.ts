/** Raised by hand when a feature means something else than before: models are trained on one version. */
export const FEATURE_VERSION = '1';
