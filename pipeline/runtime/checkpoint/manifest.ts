/** The record that makes a checkpoint one: it says all that a restore needs to know, without the code that wrote it. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { PermanentError } from '../../model/errors.ts';
import { columnSchema } from './manifest-columns.ts';
import { formatOneManifest, readFormatOne } from './manifest-format-1.ts';

const offset = z.int().nonnegative();
const offsets = z.record(z.string(), offset);

/** Where a unit of the state lies in the checkpoint partition. */
const unitSchema = z.tuple([
  /** As in the keys of its records. */
  z.string(),
  /** Of the checkpoint that wrote it: index in `checkpoints`. */
  z.int().nonnegative(),
  /** Columns that there were then: index in `layouts`. */
  z.int().nonnegative(),
  /** Slots that it holds. */
  z.int().nonnegative(),
  /** Offset of its first record. */
  offset,
  /** Behind its last record; others may lie between. */
  offset,
  /** Records that hold it. */
  z.int().positive(),
  /** Bytes. */
  z.int().nonnegative(),
  /** CRC-32 of the bytes. */
  z.int().nonnegative(),
  /** Bytes of units that the task had ever written when this one was. */
  z.int().nonnegative(),
]);

const manifestSchema = z.object({
  format: z.literal(2),
  /** genesis: an empty state at the offsets where the task began. */
  kind: z.enum(['genesis', 'full']),
  id: z.string(),
  fold_version: z.string(),
  /** Next offset of each input, by topic. */
  inputs: offsets,
  /** Inventory and control topics were folded up to here before anything else; their records raise no ticks. */
  preload: offsets,
  /** The last tick that fired; null before the first. */
  last_tick_ms: z.number().nullable(),
  /** The journal behind the state begins here in the checkpoint partition; null: at the manifest. */
  from: offset.nullable(),
  /** Reconciled records that were sent before the state was taken lie below; null: not known. */
  sent_up_to: offset.nullable(),
  entities: z.int().nonnegative(),
  rows: z.int().nonnegative(),
  /** Bytes of units that the task has ever written. */
  written: z.int().nonnegative(),
  /** Checkpoints that wrote a unit that is still needed. */
  checkpoints: z.array(z.string()),
  /** Lists of columns that units were written with. */
  layouts: z.array(z.array(columnSchema)),
  units: z.array(unitSchema),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

/** Of JSON: what a record holds compressed, and no more than a restore is ready to unpack. */
const MAX_BYTES = 256 << 20;
const GZIP_MAGIC = 0x1f;

/** JSON, compressed: it names every column. */
export function encodeManifest(manifest: Manifest): Buffer {
  return gzipSync(JSON.stringify(manifest), { level: 1 });
}

/**
 * Also of format 1; `offset` is the record's own. @throws PermanentError for what is no manifest of a format that this
 * version knows.
 */
export function decodeManifest(value: Buffer, where: string, offset: number): Manifest {
  try {
    const json = value[0] === GZIP_MAGIC ? gunzipSync(value, { maxOutputLength: MAX_BYTES }) : value;
    const parsed: unknown = JSON.parse(json.toString());
    const older = formatOneManifest.safeParse(parsed);
    return older.success ? readFormatOne(older.data, offset) : manifestSchema.parse(parsed);
  } catch (cause) {
    throw new PermanentError(
      `${where} holds no checkpoint manifest that this version can read: run the version that wrote it`,
      { cause },
    );
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
