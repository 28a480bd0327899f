/** What a person did on a page whose scripts were still on their way. */
type Act =
  | { kind: 'click'; element: HTMLElement }
  | {
      kind: 'change';
      element: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
      value: string;
      checked: boolean;
    }
  | { kind: 'submit'; element: HTMLFormElement; submitter: HTMLElement | null };

declare global {
  interface Window {
    /** Ends the recording of public/early.js, and says what was done. */
    endEarly?: () => Act[];
  }
}

let acts: Act[] = [];

/** From here on React keeps what is done, until it has reached it. */
export function endEarly(): void {
  acts = window.endEarly?.() ?? [];
}

/** Does again, once, what was done before the page lived. */
export function replayEarly(): void {
  for (const act of acts.splice(0)) if (act.element.isConnected) replay(act);
}

function replay(act: Act): void {
  if (act.kind === 'click') act.element.click();
  else if (act.kind === 'submit') act.element.requestSubmit(act.submitter);
  else change(act);
}

/** React tells nobody of a value that it finds in a field: only of one that is new to it and comes with an event. */
function change({ element, value, checked }: Act & { kind: 'change' }): void {
  if (element instanceof HTMLSelectElement) {
    element.value = value;
    element.dispatchEvent(new Event('change', { bubbles: true }));
  } else if (element instanceof HTMLInputElement && (element.type === 'checkbox' || element.type === 'radio')) {
    element.checked = !checked;
    element.click();
  } else if (element.type === 'file') {
    element.dispatchEvent(new Event('change', { bubbles: true }));
  } else {
    element.value = value === '' ? '0' : '';
    // Past the property that React has laid over it.
    const prototype =
      element instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
    Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(element, value);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }
}
