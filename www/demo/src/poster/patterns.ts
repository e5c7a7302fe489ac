/** Motifs that show nothing but rhythm. Drawn in the upper two thirds of a 200 × 300 sheet. */

import { bar, between, circle, path, pick, polygon, ring, times, turned } from './draw.js';
import type { Motif } from './figures.js';

/** Paper shapes thrown in the air. */
export const confetti: Motif = (random, { shape, accent, ink }) =>
  times(9, (i) => {
    const [x, y, r] = [
      24 + (i % 3) * 70 + between(random, -8, 14),
      30 + Math.floor(i / 3) * 60 + between(random, -8, 10),
      between(random, 17, 27),
    ];
    const fill = pick(random, [shape, accent, ink]);
    const kinds = [
      circle(x, y, r, fill),
      `<rect x="${x - r}" y="${y - r}" width="${r * 2}" height="${r * 2}" rx="6" fill="${fill}" transform="rotate(${between(random, 0, 80)} ${x} ${y})"/>`,
      polygon(`${x},${y - r} ${x + r},${y + r} ${x - r},${y + r}`, fill),
    ];
    return pick(random, kinds);
  });

/** Chevrons in rank. */
export const chevrons: Motif = (random, { shape, accent }) => {
  const count = between(random, 3, 5);
  const step = 150 / count;
  const rank = (i: number): string =>
    `<polyline points="30,${60 + i * step} 100,${18 + i * step} 170,${60 + i * step}" fill="none" stroke="${i === count - 1 ? accent : shape}" stroke-width="${Math.round(step * 0.45)}"/>`;
  return turned(pick(random, [0, 0, 90, 180]), times(count, rank));
};

/** Columns as in a report. */
export const columns: Motif = (random, { shape, accent }) => {
  const marked = between(random, 0, 6);
  return times(7, (i) => {
    const height = between(random, 30, 160);
    return bar(20 + i * 23, 196 - height, 15, height, i === marked ? accent : shape);
  });
};

/** Two that overlap. */
export const pair: Motif = (random, { shape, accent }) => {
  const [gap, y, lift] = [between(random, 24, 44), between(random, 88, 110), between(random, -18, 18)];
  return (
    circle(100 - gap, y - lift, 58, shape) +
    circle(100 + gap, y + lift, 58, accent) +
    ring(100 - gap, y - lift, 58, shape, 3)
  );
};

/** A target, off centre. */
export const target: Motif = (random, { shape, accent }) => {
  const [x, y, rings] = [between(random, 44, 156), between(random, 66, 124), between(random, 3, 5)];
  const step = 88 / rings;
  return (
    times(rings, (i) => circle(x, y, 88 - i * step, i % 2 ? accent : shape)) +
    bar(x - 1, 0, 2, 200, accent) +
    bar(0, y - 1, 200, 2, accent)
  );
};

/** Building blocks. */
export const blocks: Motif = (random, { shape, accent, ink }) =>
  times(12, (i) => {
    const [x, y, fill] = [16 + (i % 3) * 57, 12 + Math.floor(i / 3) * 46, pick(random, [shape, accent, ink])];
    return random() > 0.5 ? circle(x + 26, y + 21, 21, fill) : bar(x + 4, y, 44, 42, fill);
  });

/** A line that tightens. */
export const spiral: Motif = (random, { shape }) => {
  const [x, y] = [between(random, 76, 124), between(random, 88, 108)];
  const turn = random() > 0.5 ? 0.26 : -0.26;
  const points = times(
    128,
    (i) => `${(x + Math.cos(i * turn) * i * 0.78).toFixed(1)},${(y + Math.sin(i * turn) * i * 0.78).toFixed(1)} `,
  );
  return `<polyline points="${points}" fill="none" stroke="${shape}" stroke-width="${between(random, 4, 9)}"/>`;
};

/** Speed. */
export const speed: Motif = (random, { shape, accent }) =>
  turned(
    between(random, -42, -20),
    times(7, (i) =>
      bar(
        between(random, -40, 60),
        4 + i * 29,
        between(random, 90, 240),
        i % 3 === 1 ? 8 : 17,
        i % 3 === 1 ? accent : shape,
      ),
    ),
  );

/** Two half circles that do not meet. */
export const halves: Motif = (random, { shape, accent }) => {
  const [r, slip] = [between(random, 56, 76), between(random, 10, 40)];
  const half = (x: number, y: number, fill: string, sweep: 0 | 1): string =>
    path(`M${x} ${y - r} A${r} ${r} 0 0 ${sweep} ${x} ${y + r} Z`, fill);
  return turned(between(random, 0, 3) * 45, half(96, 100 - slip / 2, shape, 0) + half(104, 100 + slip / 2, accent, 1));
};

/** Quarter circles on a grid, each turned its own way. */
export const quarters: Motif = (random, { shape, accent }) =>
  times(12, (i) => {
    const [x, y] = [25 + (i % 3) * 50, Math.floor(i / 3) * 50];
    const fill = random() > 0.7 ? accent : shape;
    return `<g transform="rotate(${between(random, 0, 3) * 90} ${x + 25} ${y + 25})">${path(`M${x} ${y} H${x + 50} A50 50 0 0 1 ${x} ${y + 50} Z`, fill)}</g>`;
  });

/** Steps, up or down. */
export const steps: Motif = (random, { shape, accent }) => {
  const count = between(random, 4, 7);
  const width = 200 / count;
  const rise = times(count, (i) =>
    bar(i * width, 196 - ((i + 1) * 140) / count, width + 0.5, ((i + 1) * 140) / count + 4, shape),
  );
  const dot = circle(between(random, 30, 80), between(random, 36, 66), between(random, 16, 30), accent);
  return random() > 0.5 ? rise + dot : `<g transform="matrix(-1 0 0 1 200 0)">${rise}${dot}</g>`;
};

/** Stripes with a window in them. */
export const window: Motif = (random, { shape, accent, ground }) => {
  const [x, y, r] = [between(random, 66, 134), between(random, 76, 120), between(random, 38, 54)];
  return (
    turned(
      pick(random, [0, 45, 90, 135]),
      times(14, (i) => bar(-60, i * 24 - 70, 320, 10, shape)),
    ) +
    circle(x, y, r + 9, ground) +
    circle(x, y, r, accent)
  );
};

/** Petals around a middle. */
export const petals: Motif = (random, { shape, accent }) => {
  const [count, y] = [between(random, 5, 9), 100];
  const petal = (i: number): string =>
    `<ellipse cx="100" cy="${y - 50}" rx="${Math.round(150 / count)}" ry="42" fill="${shape}" transform="rotate(${(360 / count) * i} 100 ${y})"/>`;
  return times(count, petal) + circle(100, y, between(random, 14, 24), accent);
};
