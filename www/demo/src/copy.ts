/** Buttons that copy: `data-copy="text"`, or `data-copy-from="id"` of the element whose text it is. */

/** Makes every such button on the page work. */
export function startCopying(announce: (text: string) => void): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy], [data-copy-from]')) {
    button.addEventListener('click', () => void copy(button, announce));
  }
}

async function copy(button: HTMLButtonElement, announce: (text: string) => void): Promise<void> {
  const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom ?? '')?.textContent ?? '';
  const label = button.querySelector('.copy');
  // Without a secure origin or the permission there is no clipboard; the text is on the page to be selected.
  const copied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  const word = copied ? 'Copied' : 'Select and copy';
  if (label) label.textContent = word;
  announce(word);
  setTimeout(() => label && (label.textContent = 'Copy'), 1600);
}
