/** A column in a manifest: see ColumnLayout. */
import { z } from 'zod';

export const columnSchema = z.strictObject({
  name: z.string(),
  type: z.enum(['f64', 'f32', 'u32', 'i32', 'u16', 'u8']),
  width: z.int().positive(),
  scope: z.enum(['entity', 'row']),
  group: z.enum(['hot', 'cell']),
});
