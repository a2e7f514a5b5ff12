/** What members say about the tasks that they have restored, read from their logs. */

export interface Restore {
  readonly partition: number;
  /** genesis: the task had no checkpoint yet; full: its state came from one. */
  readonly checkpoint: 'genesis' | 'full';
  /** Records that were folded again, in the journal's order. */
  readonly refolded: number;
}

export interface RestoreCounts {
  readonly all: number;
  /** With the state of a checkpoint and a journal behind it. */
  readonly fromBoth: number;
  readonly largestRefold: number;
}

export function restoresIn(output: string): Restore[] {
  return output.split('\n').flatMap((line) => {
    if (!line.includes('"task restored"')) return [];
    const { partition, checkpoint, refolded } = JSON.parse(line) as Restore;
    return [{ partition, checkpoint, refolded }];
  });
}

export function restoreCounts(restores: readonly Restore[]): RestoreCounts {
  const both = restores.filter(({ checkpoint, refolded }) => checkpoint === 'full' && refolded > 0);
  return {
    all: restores.length,
    fromBoth: both.length,
    largestRefold: Math.max(0, ...restores.map(({ refolded }) => refolded)),
  };
}
