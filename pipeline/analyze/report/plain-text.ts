/** Names and numbers for a terminal: what a file holds must not move its cursor. */
import type { SeriesSummary } from '../series-summary.ts';

/** Control characters, and marks that turn the direction of writing. */
// eslint-disable-next-line no-control-regex -- control characters are exactly what is replaced here
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;
const REPLACEMENT = '\ufffd';

export function printable(text: string): string {
  return text.replace(UNPRINTABLE, REPLACEMENT);
}

/** `length` characters at most, the last of them a sign that there are more. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}\u2026`;
}

/** Thousands parted by commas. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** 1 series, 2 series; 1 value, 2 values. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** What people call it: entity, instance and metric, as far as it has them. */
export function seriesName({ entity, instance, judgedMetric }: SeriesSummary): string {
  return printable([entity, instance, judgedMetric].filter((part) => part !== '').join(' '));
}

/** Lines of at most `width` characters, broken between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
