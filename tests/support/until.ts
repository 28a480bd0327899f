import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is one that is waited for, and returns it. The only wait of the tests: it takes as
 * long as it has to, and says what it saw last when it has lasted too long.
 *
 * @throws Error after `seconds`
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  isSo: (answer: T) => boolean = Boolean,
  { seconds = 60, everyMs = 25 }: { seconds?: number; everyMs?: number } = {},
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > end) throw new Error(`It takes longer than ${seconds} s; the last answer: ${said(answer)}`);
    await sleep(everyMs);
  }
}

function said(answer: unknown): string {
  return (JSON.stringify(answer) ?? String(answer)).slice(0, 500);
}
