/** The few strokes that all motifs are made of, as SVG markup. Only numbers and our own colours go in. */

import type { Random } from './random.js';

/** A whole number in [low, high]. */
export function between(random: Random, low: number, high: number): number {
  return Math.floor(low + random() * (high - low + 1));
}

export function pick<T>(random: Random, list: readonly [T, ...T[]] | readonly T[]): T {
  return list[between(random, 0, list.length - 1)] as T;
}

export function times(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join('');
}

export function circle(x: number, y: number, r: number, fill: string): string {
  return `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;
}

export function ring(x: number, y: number, r: number, colour: string, width: number): string {
  return `<circle cx="${x}" cy="${y}" r="${r}" fill="none" stroke="${colour}" stroke-width="${width}"/>`;
}

export function bar(x: number, y: number, width: number, height: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
}

export function polygon(points: string, fill: string, opacity = 1): string {
  return `<polygon points="${points}" fill="${fill}" opacity="${opacity}"/>`;
}

export function path(d: string, fill: string): string {
  return `<path d="${d}" fill="${fill}"/>`;
}

/** Turned around the middle of the drawing. */
export function turned(degrees: number, inner: string): string {
  return `<g transform="rotate(${degrees} 100 100)">${inner}</g>`;
}
