import type { ObjectStore } from '@granary/storage';

export type CallOutcome = 'ok' | 'error';

/** The store, telling of every call: how it ended, and how many seconds it took until it was answered. */
export function measuredStore<Store extends ObjectStore>(
  store: Store,
  onCall: (call: string, outcome: CallOutcome, seconds: number) => void,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const begun = performance.now();
        const answer: unknown = Reflect.apply(member, target, args);
        if (!(answer instanceof Promise)) return answer;
        const end = (outcome: CallOutcome) => onCall(String(name), outcome, (performance.now() - begun) / 1000);
        answer.then(
          () => end('ok'),
          () => end('error'),
        );
        return answer;
      };
    },
  });
}
