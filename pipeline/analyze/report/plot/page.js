// The drawing of the page that `netsigma analyze --plot` writes. It runs in a browser, after uPlot.
// All texts of the recording are set as text, never as HTML.
{
  const { series: all, timeZone } = JSON.parse(document.getElementById('data').textContent);
  const COLOURS = { critical: '#c62828', warning: '#e08600', info: '#00838f' };
  const HEIGHT = 380;
  /** An anomaly is shown with so much around it, as a multiple of its length and in buckets. */
  const AROUND = 3;
  const BUCKETS_AROUND = 40;
  /** Columns of marks are this wide at least. */
  const MARK_PIXELS = 3;

  /** By the distance of ticks in seconds: what stands at each, and below it where the year or the day is another. */
  const TIMES = [
    [31_536_000, '{YYYY}', null, null, null, null, null, null, 1],
    [2_419_200, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
    [86_400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
    [60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
    [1, '{HH}:{mm}:{ss}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
    [
      0.001,
      ':{ss}.{fff}',
      '\n{D} {MMM} {HH}:{mm}',
      null,
      '\n{D} {MMM} {HH}:{mm}',
      null,
      '\n{HH}:{mm}',
      null,
      1,
    ],
  ];

  const byId = (id) => document.getElementById(id);
  const chartPlace = byId('chart');
  const shortNumber = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });
  const moment = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  let chart;

  /** The spans of the anomalies, behind the lines. */
  function marks(anomalies) {
    return (drawn) => {
      const { ctx, bbox } = drawn;
      ctx.save();
      for (const { from, to, severity } of anomalies.toReversed()) {
        const left = drawn.valToPos(from, 'x', true);
        const width = Math.max(MARK_PIXELS, drawn.valToPos(to, 'x', true) - left);
        if (left + width < bbox.left || left > bbox.left + bbox.width) continue;
        ctx.fillStyle = `${COLOURS[severity] ?? COLOURS.info}40`;
        ctx.fillRect(left, bbox.top, width, bbox.height);
        ctx.fillStyle = COLOURS[severity] ?? COLOURS.info;
        ctx.fillRect(left, bbox.top, width, 4);
      }
      ctx.restore();
    };
  }

  function options({ unit, states, anomalies }) {
    const words = new Map(states);
    const shown = (number) => words.get(number) ?? shortNumber.format(number);
    const style = getComputedStyle(document.documentElement);
    const text = style.getPropertyValue('--text').trim() || '#222';
    const mean = style.getPropertyValue('--mean').trim() || '#1f6fb2';
    const grid = { stroke: style.getPropertyValue('--line').trim() || '#ddd', width: 1 };
    const value = (_, number) => (number === null || number === undefined ? '' : shown(number));
    const hidden = { stroke: 'transparent', points: { show: false }, value };
    return {
      width: Math.max(320, chartPlace.clientWidth),
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
      series: [
        { label: 'time', value: (_, seconds) => (seconds === null ? '' : moment.format(seconds * 1000)) },
        { ...hidden, label: 'least' },
        { ...hidden, label: 'largest' },
        // While little was learned the band is wide: what is drawn is what was measured.
        { ...hidden, label: 'low', auto: false },
        { ...hidden, label: 'high', auto: false },
        { label: 'expected', stroke: '#777', dash: [6, 4], width: 1, points: { show: false }, value },
        { label: 'mean', stroke: mean, width: 1.5, value },
      ],
      bands: [
        { series: [2, 1], fill: `${mean}55` },
        { series: [4, 3], fill: '#77777733' },
      ],
      axes: [
        { stroke: text, grid, ticks: grid, values: TIMES },
        {
          stroke: text,
          grid,
          ticks: grid,
          size: 70,
          label: unit ?? undefined,
          // Between two states is nothing.
          values: (_, ticks) => ticks.map((tick) => (words.size > 0 && !words.has(tick) ? '' : shown(tick))),
        },
      ],
      hooks: { drawClear: [marks(anomalies)] },
    };
  }

  function item(list, label, chosen) {
    const button = document.createElement('button');
    button.append(...label);
    button.addEventListener('click', () => {
      for (const other of list.querySelectorAll('[aria-current]')) other.removeAttribute('aria-current');
      button.setAttribute('aria-current', 'true');
      chosen();
    });
    const row = document.createElement('li');
    row.append(button);
    list.append(row);
    return row;
  }

  function severityMark(severity, text) {
    const mark = document.createElement('span');
    if (severity in COLOURS) mark.className = severity;
    mark.textContent = text;
    return mark;
  }

  /** Shows the time around an anomaly. */
  function jumpTo({ time }, { from, to }) {
    const bucket = time.length < 2 ? 1 : (time.at(-1) - time[0]) / (time.length - 1);
    const around = Math.max(AROUND * (to - from), BUCKETS_AROUND * bucket);
    chart.setScale('x', { min: from - around, max: to + around });
    chartPlace.scrollIntoView?.({ block: 'nearest' });
  }

  function show(series) {
    const { name, time, least, largest, low, high, expected, mean, anomalies } = series;
    byId('name').textContent = name;
    chart?.destroy();
    chart = new uPlot(options(series), [time, least, largest, low, high, expected, mean], chartPlace);
    const list = byId('anomalies');
    list.replaceChildren();
    for (const anomaly of anomalies) {
      const { severity, type, from, to, open, text } = anomaly;
      const span = `${moment.format(from * 1000)} to ${open ? 'the end' : moment.format(to * 1000)}`;
      const label = [severityMark(severity, severity), ` ${type}, ${span}: ${text}`];
      item(list, label, () => jumpTo(series, anomaly));
    }
    if (anomalies.length === 0) list.textContent = 'No anomalies.';
  }

  const list = byId('series');
  const rows = all.map((series) => {
    const { name, anomalies } = series;
    const [worst] = anomalies;
    const label =
      worst === undefined ? [name] : [`${name} `, severityMark(worst.severity, String(anomalies.length))];
    return { name: name.toLowerCase(), row: item(list, label, () => show(series)) };
  });
  byId('filter').addEventListener('input', ({ target }) => {
    for (const { name, row } of rows) row.hidden = !name.includes(target.value.toLowerCase());
  });
  addEventListener('resize', () =>
    chart?.setSize({ width: Math.max(320, chartPlace.clientWidth), height: HEIGHT }),
  );
  rows[0]?.row.firstChild.click();
}
