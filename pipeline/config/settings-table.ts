/** All settings as a Markdown table, from the schema. */
import { CREDENTIAL_KEYS } from './credentials.ts';
import { allSettings, variable, type Setting } from './names.ts';

const HEADER = [
  '| setting | default | limits | meaning | environment variable | changes the fold |',
  '| --- | --- | --- | --- | --- | --- |',
];

/** Markdown: name, default, limits, meaning, environment variable, whether it changes the fold. */
export function settingsTable(): string {
  return `${[...HEADER, ...allSettings().flatMap(rows)].join('\n')}\n`;
}

function rows(setting: Setting): string[] {
  const name = setting.path.join('.');
  const first = row({ ...setting, name, variable: variable(setting) });
  if (setting.kind !== 'credentials') return [first];
  const none = { fallback: null, limits: '', variable: null, changesFold: false };
  const keys = [...CREDENTIAL_KEYS].map(([key, description]) =>
    row({ ...none, name: `${name}.<name>.${key}`, description }),
  );
  return [first, ...keys];
}

interface Row extends Pick<Setting, 'fallback' | 'limits' | 'description' | 'changesFold'> {
  readonly name: string;
  readonly variable: string | null;
}

function row({ name, fallback, limits, description, variable: envName, changesFold }: Row): string {
  const cells = [
    `\`${name}\``,
    fallback === null ? '' : `\`${fallback === '' ? '""' : fallback}\``,
    limits,
    description.replaceAll('<', '&lt;').replaceAll('|', '\\|'),
    envName === null ? '' : `\`${envName}\``,
    changesFold ? 'yes' : '',
  ];
  return `| ${cells.join(' | ')} |`;
}
