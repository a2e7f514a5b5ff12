/** A consumer group of the memory broker. It has one member at a time: there is nobody to share partitions with. */
import type { Consumer } from '../port.ts';

export interface Group {
  readonly name: string;
  member: Consumer | undefined;
  /** Whether the group has ever committed an offset: only then can its commits be waited for. */
  commits: boolean;
}
