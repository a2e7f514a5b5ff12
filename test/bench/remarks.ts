/** What there is to say of figures, by name: of each that misses its target, why. For docs/performance.md. */
export const REMARKS: Readonly<Record<string, string>> = {
  'lean-kafka: exactly once, 100 ms, a checkpoint each second: of that client and transactions':
    'the checkpoints themselves are in it: nine hundred times as many as there are unless configured.',
};
