/** The same items, each asked for while the one before it is worked on: reading and parsing go on side by side. */
export async function* ahead<T>(items: AsyncGenerator<T, void>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = items.next();
      // Whoever asks for it is told; until then nobody looks.
      next.catch(() => {});
      yield value as T;
    }
  } finally {
    await next.catch(() => {});
    await items.return();
  }
}
