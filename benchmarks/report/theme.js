/** Colours of the peers: told apart by people who do not see all colours, on light and on dark ground. */
const PEER_COLOURS = {
  light: {
    hawser: '#0b62c4',
    'hawser-events': '#6aa5e8',
    ws: '#d0410f',
    'ws-takeover': '#a0522d',
    'ws-bufferutil': '#e08a00',
    undici: '#7b3fb5',
    websocket: '#8a6d00',
    'faye-websocket': '#b0357e',
    bun: '#00806a',
    deno: '#4c8c1c',
    net: '#6b7280',
  },
  dark: {
    hawser: '#6cb2ff',
    'hawser-events': '#3f78b8',
    ws: '#ff8a5c',
    'ws-takeover': '#cf9070',
    'ws-bufferutil': '#ffc14d',
    undici: '#c49bf0',
    websocket: '#d9bf4a',
    'faye-websocket': '#f08cc6',
    bun: '#3ecfb4',
    deno: '#9ed36a',
    net: '#a3abb8',
  },
};

const GROUND = {
  light: { background: '#ffffff', ink: '#1f2328', faint: '#d5dae0', mark: '#1f2328' },
  dark: { background: '#0d1117', ink: '#e6edf3', faint: '#30363d', mark: '#f0f6fc' },
};

/** The schemes that every plot is drawn in. */
export const SCHEMES = Object.keys(GROUND);

/** Colours of the ground, of text and of lines. */
export const groundOf = (scheme) => GROUND[scheme];

/** A scale of colour for some peers. */
export function peerScale(scheme, peers) {
  return { domain: peers, range: peers.map((peer) => PEER_COLOURS[scheme][peer] ?? GROUND[scheme].ink) };
}

/** Settings of Vega-Lite for all plots. */
export function configOf(scheme) {
  const { background, ink, faint } = GROUND[scheme];
  const text = {
    labelColor: ink,
    titleColor: ink,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 500,
  };
  return {
    background,
    font: 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif',
    padding: 12,
    view: { stroke: faint },
    axis: { ...text, gridColor: faint, domainColor: faint, tickColor: faint },
    legend: { ...text, symbolType: 'circle', symbolOpacity: 1, orient: 'top', columns: 6, title: null },
    header: { ...text, labelFontSize: 13, labelFontWeight: 600 },
    title: { color: ink, subtitleColor: ink, fontSize: 14, subtitleFontSize: 12, anchor: 'start' },
  };
}
