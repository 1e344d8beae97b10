import { MEASURES, type Measure, type Sample, type SoakResult } from './soak.js';

const BARS = '▁▂▃▄▅▆▇█';
const COLUMNS = 72;
const [WIDTH, HEIGHT, MARGIN] = [720, 150, 44];

/** Draws a measure on one line of text. */
export function sparkline(samples: readonly Sample[], name: Measure): string {
  const step = Math.max(1, samples.length / COLUMNS);
  const values = Array.from({ length: Math.min(COLUMNS, samples.length) }, (_, column) => {
    const some = samples.slice(Math.floor(column * step), Math.floor((column + 1) * step) || 1);
    return some.reduce((sum, sample) => sum + sample[name], 0) / Math.max(1, some.length);
  });
  const top = Math.max(...values, Number.MIN_VALUE);
  return values
    .map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))])
    .join('');
}

/** Draws all measures over time with their trends, as SVG. */
export function plot({ samples, trends }: Pick<SoakResult, 'samples' | 'trends'>): string {
  const names = Object.keys(MEASURES) as Measure[];
  const panels = names.map((name, index) => panel(samples, name, trends[name], index * HEIGHT));
  const height = names.length * HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`,
    ' font-family="sans-serif" font-size="11">',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...panels,
    '</svg>\n',
  ].join('');
}

function panel(
  samples: readonly Sample[],
  name: Measure,
  { from, to, slope }: SoakResult['trends'][Measure],
  top: number,
): string {
  const { title, unit } = MEASURES[name];
  const last = samples.at(-1)?.seconds ?? 1;
  const most = Math.max(...samples.map((sample) => sample[name]), 1) * 1.1;
  const x = (seconds: number): string => (MARGIN + (seconds / last) * (WIDTH - 2 * MARGIN)).toFixed(1);
  const y = (value: number): string => (top + HEIGHT - 26 - (value / most) * (HEIGHT - 52)).toFixed(1);
  const points = samples.map((sample) => `${x(sample.seconds)},${y(sample[name])}`).join(' ');
  const label = `${title}${unit === '' ? '' : ` (${unit})`}: ${(slope * 60).toFixed(3)} a minute`;
  return [
    `<text x="${MARGIN}" y="${top + 16}" font-weight="bold">${label}</text>`,
    `<path d="M${x(0)} ${y(0)}H${x(last)}M${x(0)} ${y(most)}V${y(0)}" stroke="#999" fill="none"/>`,
    `<text x="${MARGIN - 6}" y="${y(0)}" text-anchor="end">0</text>`,
    `<text x="${MARGIN - 6}" y="${y(most / 1.1)}" text-anchor="end">${(most / 1.1).toFixed(0)}</text>`,
    `<text x="${x(last)}" y="${top + HEIGHT - 12}" text-anchor="end">${last.toFixed(0)} s</text>`,
    `<polyline points="${points}" fill="none" stroke="#1f6f8b"/>`,
    `<path d="M${x(samples[0]?.seconds ?? 0)} ${y(from)}L${x(last)} ${y(to)}" stroke="#c0392b" stroke-dasharray="4 3"/>`,
  ].join('');
}
