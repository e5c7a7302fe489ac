// One line per step: a bar or a spinner while it runs on a terminal, the time it took when it is done.
// Where the output is not a terminal, only the finished lines are printed, without control characters.

const WIDTH = 24;
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const isTerminal = process.stdout.isTTY === true;

export const seconds = (ms) =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;

/**
 * Runs `work` as a step with a line of its own. `work` gets a function that takes { done, total, phase } as often as
 * it likes, and may return a note for the finished line.
 */
export async function step(title, work) {
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  let progress = {};
  let frame = 0;
  const draw = () =>
    rewrite(`${middle(progress, frame++)} ${title.padEnd(28)} ${seconds(elapsed())}  ${progress.phase ?? ''}`);
  const timer = isTerminal ? setInterval(draw, 100) : undefined;
  try {
    const note = await work((next) => (progress = next));
    finish(`✓ ${title.padEnd(28)} ${seconds(elapsed()).padStart(8)}${note ? `  ${note}` : ''}`);
  } catch (error) {
    finish(`✗ ${title.padEnd(28)} ${seconds(elapsed()).padStart(8)}`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function middle({ done, total }, frame) {
  if (!(total > 0)) return SPINNER[frame % SPINNER.length];
  const full = Math.round(WIDTH * Math.min(1, done / total));
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${String(Math.floor((100 * done) / total)).padStart(3)} %`;
}

function rewrite(line) {
  process.stdout.write(`\r\x1b[K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`);
}

function finish(line) {
  process.stdout.write(isTerminal ? `\r\x1b[K${line}\n` : `${line}\n`);
}

/** Left-aligned text, right-aligned numbers. */
export function table(columns, rows) {
  const text = (cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : String(cell ?? ''));
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => text(row[at]).length)));
  const line = (row) =>
    row
      .map((cell, at) => (typeof cell === 'number' ? text(cell).padStart(widths[at]) : text(cell).padEnd(widths[at])))
      .join('  ')
      .trimEnd();
  return [line(columns), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
