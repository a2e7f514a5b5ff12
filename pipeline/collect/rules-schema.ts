/** The rules file: one strict schema a kind. Text in, plain checked values out. */
import { z } from 'zod';

/** What people type: bounded, and without control characters, which keys and tables refuse. */
const text = z
  .string()
  .min(1)
  .max(255)
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'holds a control character');

export const ruleId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,99}$/, 'expected small letters, digits, "-", "_" and ".", at most 100');

const INSTANT_WORDS =
  'expected an instant with its offset, such as 2026-12-01T22:00:00Z or 2026-12-01T23:00:00+01:00';
const instant = z.iso
  .datetime({ offset: true, error: INSTANT_WORDS })
  .transform((value) => Date.parse(value));

const common = {
  id: ruleId,
  device: text.optional(),
  interface: text.optional(),
  role: text.optional(),
  site: text.optional(),
  site_id: z.int().min(1).max(2_147_483_647).optional(),
  reason: text.optional(),
};

export const thresholdSchema = z.strictObject({
  kind: z.literal('threshold'),
  ...common,
  metric: text.optional(),
  warn_sigma: z.number().optional(),
  crit_sigma: z.number().optional(),
  min_deviation: z.number().optional(),
  suppressed: z.boolean().optional(),
});

export const maintenanceSchema = z.strictObject({
  kind: z.literal('maintenance'),
  ...common,
  starts_at: instant,
  ends_at: instant,
});

const kinds = [thresholdSchema, maintenanceSchema] as const;

export const rulesSchema = z.strictObject({
  rules: z
    .array(
      z.discriminatedUnion('kind', kinds, {
        error: `expected one of ${kinds.map(({ shape }) => shape.kind.value).join(', ')}`,
      }),
    )
    .max(10_000)
    .default([]),
});

export type RuleEntry = z.output<typeof rulesSchema>['rules'][number];

/** The keys that an object at `path` may have. */
export function knownRuleKeys(path: readonly PropertyKey[], kind: unknown): string[] {
  if (path.length === 0) return Object.keys(rulesSchema.shape);
  return Object.keys((kind === 'maintenance' ? maintenanceSchema : thresholdSchema).shape);
}
