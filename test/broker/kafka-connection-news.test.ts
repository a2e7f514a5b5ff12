import { beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionNews } from '../../pipeline/broker/kafka/connection-news.ts';
import { recordingLog } from '../support/log.ts';

describe('news of the connections to Kafka', () => {
  let log: ReturnType<typeof recordingLog>;
  let news: ConnectionNews;
  const said = () => log.entries.map(({ level, message }) => `${level}: ${message}`);

  beforeEach(() => {
    log = recordingLog();
    news = new ConnectionNews(log);
  });

  it('say once that a broker is away and once that it is back', () => {
    news.answered('a:1');
    for (let i = 0; i < 3; i += 1) news.failed('a:1', { broker: 'a:1' });
    for (let i = 0; i < 3; i += 1) news.answered('a:1');
    expect(said()).toEqual([
      'warn: no connection to Kafka: trying again',
      'debug: no connection to Kafka',
      'debug: no connection to Kafka',
      'info: Kafka answers again',
    ]);
  });

  it('are told for each broker', () => {
    news.failed('a:1', {});
    news.failed('b:1', {});
    news.answered('b:1');
    news.failed('b:1', {});
    expect(log.entries.filter(({ level }) => level === 'warn')).toHaveLength(3);
  });

  it('end when the broker is stopped, and begin again with it', () => {
    news.end();
    news.failed('a:1', {});
    news.answered('a:1');
    news.begin();
    news.failed('a:1', {});
    expect(said()).toEqual(['debug: no connection to Kafka', 'warn: no connection to Kafka: trying again']);
  });
});
