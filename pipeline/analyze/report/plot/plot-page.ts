/** One page that needs nothing but itself: the library, the drawing and the data stand in it. It may load nothing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { counted } from '../plain-text.ts';
import type { PlotData } from './plot-data.ts';

const require = createRequire(import.meta.url);

export function plotPage(data: PlotData): string {
  const library = `/*\n${read(require.resolve('uplot/LICENSE'))}*/\n${read(require.resolve('uplot/dist/uPlot.iife.min.js'))}`;
  const view = read(new URL('page.js', import.meta.url));
  const style = `${read(require.resolve('uplot/dist/uPlot.min.css'))}\n${read(new URL('page.css', import.meta.url))}`;
  const allowed = [library, view].map((script) => `'sha256-${sha256(script)}'`).join(' ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${allowed}; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>netsigma analyze</title>
<style>${style}</style>
</head>
<body>
<nav><input id="filter" type="search" placeholder="find a series" aria-label="find a series"><ol id="series"></ol><p>${leftText(data)}</p></nav>
<main>
<h1 id="name"></h1>
<div id="chart"></div>
<p class="legend"><span class="mean">mean</span> <span class="range">least to largest</span> <span class="expected">expected</span> <span class="band">expected ± 3 scales</span>. Drag to look closer, double-click to see all.</p>
<ol id="anomalies"></ol>
</main>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${library}</script>
<script>${view}</script>
</body>
</html>
`;
}

/** JSON in which nothing ends the element that it stands in. */
function embedded(data: PlotData): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Numbers alone: names stand in the data. */
function leftText({ left }: PlotData): string {
  return [
    ...(left.series === 0
      ? []
      : [
          `${counted(left.series, 'more series', 'more series')} left out, ${left.withAnomalies} of them with anomalies.`,
        ]),
    ...(left.anomalies === 0 ? [] : [`${counted(left.anomalies, 'anomaly', 'anomalies')} not shown.`]),
  ].join(' ');
}

/** What a browser compares with the policy. */
function sha256(script: string): string {
  return createHash('sha256').update(script).digest('base64');
}

function read(file: string | URL): string {
  return readFileSync(file, 'utf8');
}
