import type { CallOutcome } from '@granary/core/services/measured-store';
import type { StoreCall } from '@granary/db';

/** Calls of the store by one process, added up. */
export class StoreCalls {
  readonly #calls = new Map<string, StoreCall>();

  note(call: string, outcome: CallOutcome, seconds: number): void {
    this.add([{ call, outcome, count: 1, seconds }]);
  }

  add(calls: readonly StoreCall[]): void {
    for (const { call, outcome, count, seconds } of calls) {
      const key = `${call} ${outcome}`;
      const known = this.#calls.get(key) ?? { call, outcome, count: 0, seconds: 0 };
      this.#calls.set(key, { ...known, count: known.count + count, seconds: known.seconds + seconds });
    }
  }

  get all(): StoreCall[] {
    return [...this.#calls.values()];
  }

  /** All of them, which are then forgotten here: whoever gets them goes on counting. */
  take(): StoreCall[] {
    const { all } = this;
    this.#calls.clear();
    return all;
  }
}

/** Those of this process, and of those that it has begun. */
export const storeCalls = new StoreCalls();
