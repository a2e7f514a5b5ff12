/** The database's URL: what is wrong with one, whether it carries a password, and how it looks without. */

const SECRET_PARAMETERS = ['password', 'sslpassword'];

/** What is wrong with a database URL, without repeating it; undefined when it can be used. */
export function databaseUrlProblem(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return 'is no URL: expected postgres://user@host:port/name';
  return ['postgres:', 'postgresql:'].includes(parsed.protocol)
    ? undefined
    : 'expected a URL that begins with postgres:// or postgresql://';
}

/** What is no URL has none: `databaseUrlProblem` says what is wrong with it. */
export function hasPassword(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null) return false;
  return parsed.password !== '' || SECRET_PARAMETERS.some((name) => parsed.searchParams.has(name));
}

/** The URL with every password as `***`; only `***` when it cannot be read. */
export function maskedUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return '***';
  if (parsed.password !== '') parsed.password = '***';
  for (const name of SECRET_PARAMETERS)
    if (parsed.searchParams.has(name)) parsed.searchParams.set(name, '***');
  return parsed.href;
}
