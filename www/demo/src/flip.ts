/**
 * "Here is a change to the page; let the eye follow it."
 *
 * First-Last-Invert-Play: measure, change, measure, then animate the difference with transforms, which never move the
 * layout. Nothing is animated for visitors who asked for less motion.
 */

const TIMING: KeyframeAnimationOptions = { duration: 420, easing: 'cubic-bezier(.2,.8,.2,1)' };
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Runs `change`, then glides every element that `elements` still names from where it was to where it is. */
export function glide(elements: () => Iterable<HTMLElement>, change: () => void): void {
  if (calm.matches) return change();
  const before = new Map([...elements()].map((element) => [element, element.getBoundingClientRect()]));
  change();
  const moves = [...elements()].map((element) => ({
    element,
    from: before.get(element),
    to: element.getBoundingClientRect(),
  }));
  for (const { element, from, to } of moves) {
    if (!visible(to) && !(from && visible(from))) continue;
    if (!from) appear(element);
    else if (from.left !== to.left || from.top !== to.top) move(element, from.left - to.left, from.top - to.top);
  }
}

/** Lets a copy of a card fly to where it was collected. */
export function fly(from: HTMLElement, to: HTMLElement): void {
  if (calm.matches) return;
  const start = from.getBoundingClientRect();
  const end = to.getBoundingClientRect();
  if (start.width === 0 || end.width === 0) return;
  const ghost = from.cloneNode(true) as HTMLElement;
  ghost.setAttribute('aria-hidden', 'true');
  ghost.classList.add('ghost');
  Object.assign(ghost.style, {
    left: `${start.left}px`,
    top: `${start.top}px`,
    width: `${start.width}px`,
    height: `${start.height}px`,
  });
  document.body.append(ghost);
  const landing = `translate(${end.left - start.left}px, ${end.top - start.top}px) scale(${end.width / start.width})`;
  const flight = ghost.animate(
    [
      { transform: 'none', opacity: 1 },
      { transform: landing, opacity: 0.4 },
    ],
    { ...TIMING, duration: 520 },
  );
  flight.onfinish = flight.oncancel = () => ghost.remove();
}

function appear(element: HTMLElement): void {
  element.animate(
    [
      { opacity: 0, transform: 'scale(.92)' },
      { opacity: 1, transform: 'none' },
    ],
    TIMING,
  );
}

function move(element: HTMLElement, x: number, y: number): void {
  element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }], TIMING);
}

function visible(box: DOMRect): boolean {
  return box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
}
