/** `npm run docs` writes the generated pages of docs/; with --check it says which are stale, and fails. */
import { stalePages, writePages } from './pages.ts';

if (process.argv.includes('--check')) {
  const stale = stalePages();
  if (stale.length > 0) {
    process.stderr.write(`stale documentation: ${stale.join(', ')}: run "npm run docs" and commit\n`);
    process.exitCode = 1;
  }
} else {
  writePages();
  process.stdout.write(
    'docs/: topics, metrics, settings, commands, performance and scaling written, and the figures of detection and README.md\n',
  );
}
