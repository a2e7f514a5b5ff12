/** A sink on a real broker and a real database, in a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Naming } from '../../../topics/catalogue.ts';
import { assertValid, type BenchContext } from '../bench.ts';
import { benchChild, type BenchChild } from '../child.ts';

export interface SinkMemberOptions {
  readonly address: string;
  readonly naming: Naming;
  readonly url: string;
}

export interface SinkAnswer {
  readonly kind: 'stored';
  /** Committed to interface_metrics since its start. */
  readonly rows: number;
}

export type SinkMember = BenchChild<'stored', SinkAnswer>;

const MEMBER = new URL('sink-member.ts', import.meta.url);
const ASK_AGAIN_MS = 20;

export function startSink(context: BenchContext, options: SinkMemberOptions): SinkMember {
  return benchChild(context, MEMBER, options);
}

/** Resolves once it has stored so many rows since its start. @throws Error when they are more, or too late. */
export async function untilStored(member: SinkMember, rows: number, timeoutMs = 900_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    member.ask('stored');
    const stored = (await member.answer('stored')).rows;
    assertValid(stored <= rows, `${stored} rows were stored for ${rows}`);
    if (stored === rows) return;
    assertValid(performance.now() < deadline, `${stored} of ${rows} rows were stored in ${timeoutMs} ms`);
    await sleep(ASK_AGAIN_MS);
  }
}
