import { describe, expect, it } from '@jest/globals';
import type { Consumer, RecordBatch } from '../../pipeline/broker/port.ts';
import { TaskInputs } from '../../pipeline/runtime/task-inputs.ts';

/** Records what it is told; at its end from the beginning. */
function recordingConsumer(calls: string[]): Consumer {
  return {
    name: 'recording',
    async start() {},
    async stop() {},
    pause: ({ topic }) => void calls.push(`pause ${topic}`),
    resume: ({ topic }) => void calls.push(`resume ${topic}`),
    seek() {},
    fetchState: () => ({ position: 0, lastStableOffset: 0 }),
    owns: async () => true,
  };
}

function batch(count: number, bytes: number): RecordBatch {
  const value = Buffer.alloc(bytes);
  const records = Array.from({ length: count }, (_, offset) => ({
    topic: 'raw.interface',
    partition: 0,
    offset,
    appendedAtMs: offset,
    key: null,
    value,
  }));
  return { topic: 'raw.interface', partition: 0, records, nextOffset: count };
}

describe('the inputs of a task', () => {
  it.each([
    ['many', 1_000, 1],
    ['large', 5, 1_000_000],
  ])('pause a topic whose waiting records are %s, until most are taken', (_, count, bytes) => {
    const calls: string[] = [];
    const consumer = recordingConsumer(calls);
    const inputs = new TaskInputs({
      consumer: () => consumer,
      partition: 0,
      topics: new Map([['raw.interface', 'raw.interface']]),
    });
    inputs.announce('raw.interface');
    inputs.push(batch(count, bytes));
    inputs.resumeDrained();
    expect(calls).toEqual(['pause raw.interface']);
    while (inputs.take() !== undefined);
    inputs.resumeDrained();
    expect(calls).toEqual(['pause raw.interface', 'resume raw.interface']);
  });
});
