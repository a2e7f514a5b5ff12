import { describe, expect, it } from '@jest/globals';
import { memoryBroker } from '../../pipeline/broker/memory/memory-broker.ts';
import { RetryableError } from '../../pipeline/model/errors.ts';
import { ticker } from '../../pipeline/runtime/ticker.ts';
import { catalogue } from '../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../support/codec.ts';
import { recordingLog, silentLog } from '../support/log.ts';
import { until } from '../support/until.ts';

describe('ticker', () => {
  it('writes a tick into every partition, that any reader can decode', async () => {
    const broker = memoryBroker({ clock: Date.now });
    const codec = await startedCodec();
    await broker.start();
    const { cleanup, retentionMs, maxRecordBytes } = catalogue['control.tick'];
    await broker.createTopics([
      { topic: 'control.tick', partitions: 3, cleanup, retentionMs, maxRecordBytes },
    ]);
    const ticks = ticker({
      broker,
      codec,
      catalogue,
      naming: NAMING,
      partitions: 3,
      writer: 'me',
      log: silentLog,
    });
    await ticks.start();
    await until(
      async () => (await broker.offsets('control.tick')).every(({ lastStable }) => lastStable > 0),
      'ticks are written',
    );
    const decoder = codec.recordDecoder('control.tick');
    for await (const { records } of broker.readRange({ topic: 'control.tick', partition: 2 }, 0, 1)) {
      await decoder.prepare(records.map(({ value }) => value));
      expect(records.map(({ value }) => decoder.decode(value!))).toMatchObject([
        { kind: 'record', record: { writer: 'me' } },
      ]);
    }
    await ticks.stop();
    await ticks.stop();
    await broker.stop();
  });

  it('says that a tick is not written, unless it is given up while stopping', async () => {
    const broker = memoryBroker({ clock: Date.now });
    const codec = await startedCodec();
    const away = new RetryableError('nobody answers');
    for (const isStopped of [false, true]) {
      const { promise, reject } = Promise.withResolvers<undefined>();
      const log = recordingLog();
      const producer = { name: 'away', start: async () => {}, stop: async () => {}, send: () => promise };
      const ticks = ticker({
        broker: { ...broker, producer: () => producer },
        codec,
        catalogue,
        naming: NAMING,
        partitions: 1,
        writer: 'me',
        log,
      });
      await ticks.start();
      const stop = isStopped ? ticks.stop() : undefined;
      reject(away);
      await until(() => log.entries.length > 0, 'the failure is told');
      await (stop ?? ticks.stop());
      const [level, fields] = isStopped ? ['debug', { err: away }] : ['warn', { reason: 'nobody answers' }];
      expect(log.entries).toEqual([{ level, fields, message: 'tick not written' }]);
    }
  });
});
