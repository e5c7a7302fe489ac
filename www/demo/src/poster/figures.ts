/** Motifs that show something: a planet, a ridge, teeth. Drawn in the upper two thirds of a 200 × 300 sheet. */

import { bar, between, circle, path, polygon, ring, times, turned } from './draw.js';
import type { Palette } from './palettes.js';
import type { Random } from './random.js';

export type Motif = (random: Random, colours: Palette) => string;

/** Light through blinds. */
export const blinds: Motif = (random, { shape, accent, ground }) =>
  circle(between(random, 60, 140), 96, 62, accent) +
  bar(0, 176, 200, 24, shape) +
  turned(
    between(random, -16, 16),
    times(10, (i) => bar(-60, i * 25 - 40, 320, 11, ground)),
  );

/** A low sun over mesas. */
export const mesas: Motif = (random, { shape, accent }) => {
  const [a, b] = [between(random, 0, 60), between(random, 90, 130)];
  return (
    circle(between(random, 50, 150), 96, between(random, 36, 56), shape) +
    polygon(`${a},196 ${a + 12},132 ${a + 62},132 ${a + 78},196`, accent) +
    polygon(`${b},196 ${b + 10},150 ${b + 50},150 ${b + 64},196`, accent) +
    bar(0, 190, 200, 14, accent)
  );
};

/** Teeth from above. */
export const teeth: Motif = (random, { shape, accent }) => {
  const count = between(random, 4, 7);
  const width = 200 / count;
  const tooth = (i: number): string =>
    polygon(`${i * width},69 ${(i + 1) * width},69 ${(i + 0.5) * width},${between(random, 104, 150)}`, shape);
  return (
    bar(0, 0, 200, 70, shape) +
    times(count, tooth) +
    circle(between(random, 60, 140), between(random, 158, 176), between(random, 9, 18), accent)
  );
};

/** A planet with orbits. */
export const orbits: Motif = (random, { shape, accent }) => {
  const [x, y, tilt] = [between(random, 60, 140), between(random, 76, 118), between(random, -35, 35)];
  const orbit = (r: number): string =>
    `<ellipse cx="${x}" cy="${y}" rx="${r}" ry="${Math.round(r / 3)}" fill="none" stroke="${accent}" stroke-width="1.6" transform="rotate(${tilt} ${x} ${y})"/>`;
  return (
    times(14, () => circle(between(random, 4, 196), between(random, 4, 190), random() > 0.8 ? 2 : 1, accent)) +
    circle(x, y, between(random, 28, 50), shape) +
    times(between(random, 1, 3), (i) => orbit(66 + i * 24)) +
    circle(x + between(random, -80, 80), y + between(random, -34, 34), 6, accent)
  );
};

/** Fans of sound. */
export const fans: Motif = (random, { shape, accent }) => {
  const x = between(random, 20, 180);
  return times(6, (i) => ring(x, 198, 184 - i * 30, i % 2 ? shape : accent, 13)) + circle(x, 198, 12, shape);
};

/** An eye. */
export const eye: Motif = (random, { shape, accent, ground }) => {
  const [y, look] = [between(random, 84, 108), between(random, -18, 18)];
  return (
    path(`M14 ${y} Q100 ${y - 88} 186 ${y} Q100 ${y + 88} 14 ${y}`, shape) +
    circle(100 + look, y, 34, accent) +
    circle(100 + look, y, 13, ground) +
    times(3, (i) => bar(20, 168 + i * 9, between(random, 40, 160), 2, shape))
  );
};

/** A moon and a tower. */
export const tower: Motif = (random, { shape, accent, ground }) => {
  const [x, r, t] = [between(random, 56, 146), between(random, 36, 56), between(random, 24, 120)];
  return (
    circle(x, 80, r, accent) +
    circle(x + r * 0.42, 72, r * 0.86, ground) +
    times(9, () => circle(between(random, 6, 194), between(random, 6, 150), 1.6, shape)) +
    polygon(`${t},196 ${t},132 ${t + 21},100 ${t + 42},132 ${t + 42},196`, shape) +
    bar(0, 188, 200, 12, shape)
  );
};

/** Ridges one behind another. */
export const ridges: Motif = (random, { shape, accent }) => {
  const ridge = (base: number, height: number, opacity: number): string =>
    polygon(
      `-10,${base} ${between(random, 20, 80)},${base - height} ${between(random, 90, 110)},${base - height / 2} ${between(random, 120, 180)},${base - height * 0.9} 210,${base}`,
      shape,
      opacity,
    );
  return (
    circle(between(random, 40, 160), between(random, 40, 70), between(random, 20, 36), accent) +
    ridge(170, 104, 0.35) +
    ridge(186, 78, 0.65) +
    ridge(201, 50, 1)
  );
};

/** A grin. */
export const grin: Motif = (random, { shape, accent }) => {
  const r = between(random, 56, 78);
  return turned(
    between(random, -24, 24),
    circle(100, 100, r, shape) +
      path(`M${100 - r * 0.66} 98 A${r * 0.66} ${r * 0.66} 0 0 0 ${100 + r * 0.66} 98 Z`, accent) +
      circle(100 - r * 0.36, 100 - r * 0.34, r * 0.12, accent) +
      circle(100 + r * 0.36, 100 - r * 0.34, r * 0.12, accent),
  );
};

/** A skyline, some windows lit. */
export const skyline: Motif = (random, { shape, accent }) =>
  circle(between(random, 30, 170), between(random, 40, 70), between(random, 14, 26), accent) +
  times(6, (i) => {
    const [x, top] = [i * 34, between(random, 60, 150)];
    return (
      bar(x, top, 30, 200 - top, shape) +
      times(4, (w) =>
        random() > 0.45 ? bar(x + 6 + (w % 2) * 11, top + 10 + Math.floor(w / 2) * 15, 6, 8, accent) : '',
      )
    );
  });

/** A road to the horizon. */
export const road: Motif = (random, { shape, accent }) => {
  const [x, horizon] = [between(random, 70, 130), between(random, 70, 100)];
  const dash = (i: number): string => {
    const [a, b] = [0.12 + i * 0.25, 0.24 + i * 0.25];
    const y = (t: number): number => horizon + (200 - horizon) * t;
    const mid = (t: number): number => x + (100 - x) * t;
    return polygon(
      `${mid(a) - 4 * a},${y(a)} ${mid(a) + 4 * a},${y(a)} ${mid(b) + 4 * b},${y(b)} ${mid(b) - 4 * b},${y(b)}`,
      accent,
    );
  };
  return (
    path(`M${x - 46} ${horizon} A46 46 0 0 1 ${x + 46} ${horizon} Z`, accent) +
    bar(0, horizon, 200, 2, shape) +
    polygon(`${x - 3},${horizon} ${x + 3},${horizon} 172,200 28,200`, shape) +
    times(4, dash)
  );
};
