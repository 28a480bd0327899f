/**
 * Runs while the page is read. A button that scripts have not reached yet would do nothing, and a form would leave the page:
 * both are kept until the page lives. Where its scripts do not come, forms are sent as they are.
 */
(() => {
  /** How long a form is held back, before it is sent as without scripts. */
  const PATIENCE_MS = 10_000;
  const acts = [];
  let timer;
  const click = ({ target }) => {
    const element = target instanceof Element && target.closest('button[type=button]');
    // Who is impatient presses more than once.
    if (element && !acts.some((act) => act.element === element)) acts.push({ kind: 'click', element });
  };
  const change = ({ target: element }) => {
    const known = acts.findIndex((act) => act.kind === 'change' && act.element === element);
    if (known !== -1) acts.splice(known, 1);
    acts.push({ kind: 'change', element, value: element.value, checked: element.checked });
  };
  const submit = (event) => {
    event.preventDefault();
    if (acts.some(({ kind }) => kind === 'submit')) return;
    acts.push({ kind: 'submit', element: event.target, submitter: event.submitter });
    timer = setTimeout(giveUp, PATIENCE_MS);
  };
  const noDrop = (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  const broken = ({ target }) => {
    if (target instanceof HTMLScriptElement) giveUp();
  };
  const giveUp = () => {
    const held = end().find(({ kind }) => kind === 'submit');
    held?.element.requestSubmit(held.submitter);
  };
  const listeners = { click, input: change, change, submit, dragover: noDrop, drop: noDrop, error: broken };
  const end = () => {
    clearTimeout(timer);
    for (const [type, listener] of Object.entries(listeners)) removeEventListener(type, listener, true);
    return acts.splice(0);
  };
  for (const [type, listener] of Object.entries(listeners)) addEventListener(type, listener, true);
  window.endEarly = end;
})();
