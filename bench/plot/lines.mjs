// A line chart as SVG text, for the documentation: no dependency, and the same text for the same numbers.
const WIDTH = 760;
const HEIGHT = 380;
const MARGIN = { top: 24, right: 270, bottom: 44, left: 64 };
const COLOURS = ['#264653', '#2a9d8f', '#e76f51', '#8d6cab', '#b08900', '#7a7a7a'];

/**
 * `series`: [{ name, points: [[x, y], …] }], all values above 0 where `isLog`; `x` and `y` are the names of the axes.
 * Axes begin at 0, or at the smallest value where they are logarithmic.
 */
export function lines({ x, y, series, isLog = false }) {
  const all = series.flatMap(({ points }) => points);
  const across = axis(
    all.map(([value]) => value),
    MARGIN.left,
    WIDTH - MARGIN.right,
    isLog,
  );
  const up = axis(
    all.map(([, value]) => value),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
    isLog,
  );
  const grid = up.ticks.map(
    (tick) =>
      `<path d="M${MARGIN.left} ${at(up.place(tick))}H${WIDTH - MARGIN.right}" stroke="#ddd"/>` +
      text(MARGIN.left - 8, up.place(tick) + 4, label(tick), 'end'),
  );
  const below = across.ticks.map((tick) =>
    text(across.place(tick), HEIGHT - MARGIN.bottom + 18, label(tick), 'middle'),
  );
  const drawn = series.map(({ name, points }, number) => {
    const colour = COLOURS[number % COLOURS.length];
    const path = points.map(([px, py]) => `${at(across.place(px))} ${at(up.place(py))}`).join('L');
    const dots = points.map(
      ([px, py]) => `<circle cx="${at(across.place(px))}" cy="${at(up.place(py))}" r="3" fill="${colour}"/>`,
    );
    const row = MARGIN.top + 10 + 22 * number;
    const key = `<path d="M${WIDTH - MARGIN.right + 16} ${row}h20" stroke="${colour}" stroke-width="3"/>`;
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${key}${text(WIDTH - MARGIN.right + 42, row + 4, name, 'start')}`;
  });
  const names = [
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 8, x, 'middle'),
    text(MARGIN.left - 48, MARGIN.top - 10, y, 'start'),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>
${[...grid, ...below, ...drawn, ...names].join('\n')}
</svg>
`;
}

/** Where a value of the axis is drawn, and which values are named. */
function axis(values, from, to, isLog) {
  const scale = isLog ? Math.log10 : (value) => value;
  const least = isLog ? Math.floor(scale(Math.min(...values))) : 0;
  const step = isLog ? 1 : evenStep(Math.max(...values) / 6);
  const most = Math.ceil(scale(Math.max(...values)) / step) * step;
  const count = Math.round((most - least) / step);
  const ticks = Array.from({ length: count + 1 }, (_, number) => least + number * step);
  return {
    place: (value) => from + ((scale(value) - least) / (most - least)) * (to - from),
    ticks: isLog ? ticks.map((tick) => 10 ** tick) : ticks,
  };
}

/** The next of 1, 2 and 5 times a power of ten. */
function evenStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((step) => step * power >= least);
}

const at = (place) => place.toFixed(1);
const label = (value) => String(Number(value.toPrecision(3)));

function text(x, y, words, anchor) {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${safe}</text>`;
}
