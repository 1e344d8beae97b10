import * as vega from 'vega';
import { compile } from 'vega-lite';
import { configOf, groundOf, peerScale } from './theme.js';
import { AXES, growthOf } from './verdicts.js';

/** Draws a plot as SVG. */
async function draw(scheme, spec) {
  const full = { ...spec, config: configOf(scheme) };
  const view = new vega.View(vega.parse(compile(full).spec), { renderer: 'none' });
  return view.toSVG();
}

const colour = (scheme, peers) => ({ field: 'peer', type: 'nominal', scale: peerScale(scheme, peers) });

/** A domain with a little room around some values, for a logarithmic scale. */
const around = (values) => [Math.min(...values) / 1.15, Math.max(...values) * 1.15];

/** How many times the CPU time of hawser each peer takes, on a logarithmic scale; with what is asked of `ws`. */
export function drawRatios(scheme, results) {
  const compared = results.filter(({ summary }) => summary.hawser.cpuMicrosPerMessage !== undefined);
  const points = compared.flatMap(({ workload, summary }) =>
    Object.entries(summary)
      .filter(([peer]) => peer !== 'hawser')
      .map(([peer, { ratio }]) => ({ workload: workload.name, peer, ...ratio })),
  );
  const asked = compared
    .filter(({ workload }) => workload.must !== undefined)
    .map(({ workload }) => ({ workload: workload.name, must: workload.must }));
  const peers = [...new Set(points.map(({ peer }) => peer))];
  const { mark, ink } = groundOf(scheme);
  const domain = around([
    ...points.flatMap(({ min, max }) => [min, max]),
    ...asked.map(({ must }) => must),
    1,
  ]);
  const y = {
    field: 'workload',
    type: 'nominal',
    sort: compared.map(({ workload }) => workload.name),
    title: null,
    axis: { grid: true, labelLimit: 240 },
  };
  const x = (field) => ({
    field,
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    title: 'times the CPU time that hawser takes (right of 1: hawser is cheaper)',
    axis: { values: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50], format: '~g' },
  });
  return draw(scheme, {
    title: {
      text: 'dots: medians; lines: spread of the rounds; upright marks: what is asked of ws',
      fontSize: 12,
      fontWeight: 'normal',
    },
    width: 620,
    height: { step: 22 },
    layer: [
      {
        data: { values: [{ one: 1 }] },
        mark: { type: 'rule', color: ink, strokeWidth: 1.5 },
        encoding: { x: x('one') },
      },
      {
        data: { values: asked },
        mark: { type: 'tick', color: mark, thickness: 3, height: 16, opacity: 1 },
        encoding: { y, x: x('must') },
      },
      {
        data: { values: points },
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.7 },
        encoding: { y, x: x('min'), x2: { field: 'max' }, color: colour(scheme, peers) },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: { y, x: x('median'), color: colour(scheme, peers) },
      },
    ],
  });
}

const PERCENTILES = { p50: '50', p90: '90', p99: '99', p999: '99.9' };

/** Percentiles of latency for each peer, a panel for each workload. */
export function drawLatencies(scheme, results) {
  const values = results.flatMap(({ workload, summary }) =>
    Object.entries(summary)
      .filter(([, { latency }]) => latency !== undefined)
      .flatMap(([peer, { latency }]) =>
        Object.entries(PERCENTILES).map(([key, percentile]) => ({
          workload: workload.name,
          peer,
          percentile,
          ms: latency[key],
        })),
      ),
  );
  const peers = [...new Set(values.map(({ peer }) => peer))];
  const all = values.map(({ ms }) => ms);
  const panels = [...new Set(values.map(({ workload }) => workload))].map((workload) => ({
    title: workload,
    width: 210,
    height: 150,
    data: { values: values.filter((value) => value.workload === workload) },
    mark: { type: 'line', point: { filled: true, size: 40 }, strokeWidth: 2 },
    encoding: {
      x: {
        field: 'percentile',
        type: 'ordinal',
        sort: Object.values(PERCENTILES),
        title: 'percentile',
        axis: { labelAngle: 0, grid: true },
      },
      y: {
        field: 'ms',
        type: 'quantitative',
        // The same for all panels.
        scale: { type: 'log', domain: around(all), nice: false },
        title: 'ms',
        axis: { format: '~g', tickCount: 5 },
      },
      color: colour(scheme, peers),
    },
  }));
  return draw(scheme, { concat: panels, columns: 3, spacing: 30 });
}

/** How a panel of growth shows its values. */
const PANELS = [
  { axis: 'connections', unit: 'CPU µs per message', divide: () => 1 },
  { axis: 'size', unit: 'CPU µs per KiB', divide: (at) => at / 1024 },
  { axis: 'fragments', unit: 'CPU µs per message', divide: () => 1 },
  { axis: 'segments', unit: 'CPU µs per message', divide: () => 1 },
];

/** CPU time as connections, messages and pieces grow, a panel for each. */
export function drawGrowth(scheme, record) {
  const peers = ['hawser', 'ws', 'net'];
  const panels = PANELS.map(({ axis, unit, divide }) => {
    const values = peers
      .flatMap((peer) => growthOf(record, axis, peer))
      .map(({ at, micros, peer }) => ({ at, cost: micros / divide(at), peer }));
    return {
      title: AXES[axis].title,
      width: 300,
      height: 190,
      data: { values },
      mark: { type: 'line', point: { filled: true, size: 45 }, strokeWidth: 2 },
      encoding: {
        x: {
          field: 'at',
          type: 'quantitative',
          scale: { type: 'log', nice: false },
          title: null,
          axis: {
            values: AXES[axis].workloads.map(([, at]) => at),
            labelExpr: LABELS[axis] ?? LABELS.count,
            labelOverlap: axis === 'size',
            labelFlush: false,
          },
        },
        y: {
          field: 'cost',
          type: 'quantitative',
          scale: { type: 'log', domain: around(values.map(({ cost }) => cost)), nice: false },
          title: unit,
          axis: { format: '~g', tickCount: 5 },
        },
        color: colour(scheme, peers),
      },
    };
  });
  return draw(scheme, { concat: panels, columns: 2, spacing: 30 });
}

/** How values on the horizontal axis are written. */
const LABELS = {
  count: "format(datum.value, ',')",
  size: "datum.value >= 1048576 ? datum.value / 1048576 + ' MiB' : datum.value / 1024 + ' KiB'",
};
