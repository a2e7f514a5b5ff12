/** The record that makes a checkpoint one: it says all that a restore needs to know, without the code that wrote it. */
import { z } from 'zod';
import { PermanentError } from '../../model/errors.ts';

const offsets = z.record(z.string(), z.int().nonnegative());

const columnSchema = z.strictObject({
  name: z.string(),
  type: z.enum(['f64', 'f32', 'u32', 'i32', 'u16', 'u8']),
  width: z.int().positive(),
  scope: z.enum(['entity', 'row']),
  group: z.enum(['hot', 'cell']),
});

const chunkSchema = z.strictObject({
  name: z.string(),
  bytes: z.int().nonnegative(),
  /** Consecutive records that hold it. */
  records: z.int().positive(),
  crc32: z.int().nonnegative(),
});

const manifestSchema = z.object({
  format: z.literal(1),
  /** genesis: an empty state at the offsets where the task began. */
  kind: z.enum(['genesis', 'full']),
  /** Part of the keys of its chunks. */
  id: z.string(),
  fold_version: z.string(),
  /** Next offset of each input, by topic. */
  inputs: offsets,
  /** Inventory and control topics were folded up to here before anything else; their records raise no ticks. */
  preload: offsets,
  /** The last tick that fired; null before the first. */
  last_tick_ms: z.number().nullable(),
  /** The journal behind the state, and the chunks, begin here in the checkpoint partition; null: at the manifest. */
  from: z.int().nonnegative().nullable(),
  /** Reconciled records that were sent before the state was taken lie below; null: not known. */
  sent_up_to: z.int().nonnegative().nullable(),
  entities: z.int().nonnegative(),
  rows: z.int().nonnegative(),
  columns: z.array(columnSchema),
  chunks: z.array(chunkSchema),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

export function encodeManifest(manifest: Manifest): Buffer {
  return Buffer.from(JSON.stringify(manifest));
}

/** @throws PermanentError for what is no manifest of this format. */
export function decodeManifest(value: Buffer, where: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(value.toString()));
  } catch (cause) {
    throw new PermanentError(`${where} holds no checkpoint manifest that this version can read`, { cause });
  }
}

/** What the committed offsets carry as metadata: where the manifest is. */
export function encodePointer(manifestOffset: number): string {
  return JSON.stringify({ manifest: manifestOffset });
}

const pointerSchema = z.object({ manifest: z.int().nonnegative() });

/** undefined for metadata that somebody else wrote, or none. */
export function decodePointer(metadata: string): number | undefined {
  try {
    return pointerSchema.parse(JSON.parse(metadata)).manifest;
  } catch {
    return undefined;
  }
}
