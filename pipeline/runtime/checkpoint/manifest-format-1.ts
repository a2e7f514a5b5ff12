/** Manifests as they were when a checkpoint was one whole copy: read, so that an upgrade keeps its state. */
import { z } from 'zod';
import { formatOneName, formatOneSlots } from '../state-format-1.ts';
import { columnSchema } from './manifest-columns.ts';

const offsets = z.record(z.string(), z.int().nonnegative());

const chunkSchema = z.strictObject({
  name: z.string(),
  bytes: z.int().nonnegative(),
  records: z.int().positive(),
  crc32: z.int().nonnegative(),
});

export const formatOneManifest = z.object({
  format: z.literal(1),
  kind: z.enum(['genesis', 'full']),
  id: z.string(),
  fold_version: z.string(),
  inputs: offsets,
  preload: offsets,
  last_tick_ms: z.number().nullable(),
  from: z.int().nonnegative().nullable(),
  sent_up_to: z.int().nonnegative().nullable(),
  entities: z.int().nonnegative(),
  rows: z.int().nonnegative(),
  columns: z.array(columnSchema),
  chunks: z.array(chunkSchema),
});

/** As format 2 says it. Its chunks lie between `from` and the manifest itself, at `offset`. */
export function readFormatOne(
  { columns, chunks, ...rest }: z.infer<typeof formatOneManifest>,
  offset: number,
) {
  const units = chunks.map(({ name, bytes, records, crc32 }) => {
    const slots = formatOneSlots(name, rest);
    const from = rest.from ?? offset;
    return [formatOneName(name), 0, 0, slots, from, offset, records, bytes, crc32, 0] as [string, ...Nine];
  });
  return { ...rest, format: 2 as const, written: 0, checkpoints: [rest.id], layouts: [columns], units };
}

type Nine = [number, number, number, number, number, number, number, number, number];
