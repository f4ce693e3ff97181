/** When a person last used this page: by the clock, and by one that nobody sets; both in ms. */
let last: [number, number] | null = null;
let pointer = '';
let held = false;

/** Notes that a person is there. */
export function noteInput() {
  last = [Date.now(), performance.now()];
}

/** While it is held, only noteInput counts: a countdown is answered, not brushed aside. */
export function holdInput(hold: boolean) {
  held = hold;
}

function hear(e: Event) {
  if (held || !e.isTrusted || (e as KeyboardEvent).repeat) return; // of a script; of something on the keyboard
  if (e.type === 'pointermove') {
    // A browser sends one, too, when the page moves below a pointer that rests.
    const { screenX, screenY } = e as PointerEvent;
    const was = pointer;
    pointer = `${screenX} ${screenY}`;
    if (!was || was === pointer) return;
  }
  noteInput();
}

for (const type of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchmove'])
  addEventListener(type, hear, { capture: true, passive: true });

/** How long ago a person last used this page, in ms; null if nobody did since it was opened. */
export function inputAge(): number | null {
  return last && Math.max(0, Date.now() - last[0], performance.now() - last[1]);
}
