/** All settings as a Markdown table, from the schema. */
import { CREDENTIAL_KEYS } from './credentials.ts';
import { allSettings, variable, type Setting } from './names.ts';

const HEADER = [
  '| setting | default | meaning | environment variable | changes the fold |',
  '| --- | --- | --- | --- | --- |',
];

/** Markdown: name, default, meaning, environment variable, whether it changes the fold. */
export function settingsTable(): string {
  return `${[...HEADER, ...allSettings().flatMap(rows)].join('\n')}\n`;
}

function rows(setting: Setting): string[] {
  const name = setting.path.join('.');
  const first = row(name, setting.fallback, setting.description, variable(setting), setting.changesFold);
  if (setting.kind !== 'credentials') return [first];
  const keys = [...CREDENTIAL_KEYS].map(([key, doc]) => row(`${name}.<name>.${key}`, null, doc, null, false));
  return [first, ...keys];
}

function row(
  name: string,
  fallback: string | number | null,
  doc: string,
  envName: string | null,
  changesFold: boolean,
): string {
  const shown = fallback === null ? '' : `\`${fallback === '' ? '""' : fallback}\``;
  const cells = [`\`${name}\``, shown, doc.replaceAll('|', '\\|'), envName === null ? '' : `\`${envName}\``];
  return `| ${[...cells, changesFold ? 'yes' : ''].join(' | ')} |`;
}
