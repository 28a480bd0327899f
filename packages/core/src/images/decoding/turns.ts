interface Waiting {
  isLarge: boolean;
  go: () => void;
}

/**
 * Turns at a few places, one person after the other: who asks for a hundred does not make others wait for a hundred. What
 * is large never takes the last place.
 */
export class Turns {
  readonly #places: number;
  readonly #waiting = new Map<string, Waiting[]>();
  #running = 0;
  #large = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** Waits for a turn. @returns what gives it back @throws the signal's reason when it aborts before that */
  async take(person: string, isLarge: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiting = { isLarge, go: () => resolve() };
      const leave = () => {
        this.#leave(person, waiting);
        reject(signal.reason);
      };
      waiting.go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.set(person, [...(this.#waiting.get(person) ?? []), waiting]);
      this.#next();
    });
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      this.#running--;
      if (isLarge) this.#large--;
      this.#next();
    };
  }

  #next(): void {
    while (this.#running < this.#places) {
      const found = this.#first();
      if (!found) return;
      const [person, waiting] = found;
      const rest = (this.#waiting.get(person) ?? []).filter((other) => other !== waiting);
      // Behind everyone else who waits.
      this.#waiting.delete(person);
      if (rest.length > 0) this.#waiting.set(person, rest);
      this.#running++;
      if (waiting.isLarge) this.#large++;
      waiting.go();
    }
  }

  #first(): [person: string, Waiting] | undefined {
    const hasRoomForLarge = this.#large < Math.max(1, this.#places - 1);
    for (const [person, all] of this.#waiting) {
      const waiting = all.find(({ isLarge }) => !isLarge || hasRoomForLarge);
      if (waiting) return [person, waiting];
    }
    return undefined;
  }

  #leave(person: string, waiting: Waiting): void {
    const rest = (this.#waiting.get(person) ?? []).filter((other) => other !== waiting);
    if (rest.length > 0) this.#waiting.set(person, rest);
    else this.#waiting.delete(person);
  }
}
