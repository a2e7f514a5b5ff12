/** What there is to say of figures, by name: of each that misses its target, why. For docs/performance.md. */
export const REMARKS: Readonly<Record<string, string>> = {};
