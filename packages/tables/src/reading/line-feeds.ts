/**
 * The same text with line feeds, where it ends its lines with carriage returns alone, as programs of old do: told by its
 * first part.
 */
export async function* withLineFeeds(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let isReturned: boolean | null = null;
  for await (const text of texts) {
    isReturned ??= text === '' ? null : endsWithReturns(text);
    yield isReturned ? text.replaceAll('\r', '\n') : text;
  }
}

/** Whether lines of a text are ended by carriage returns, and none by a line feed. */
export const endsWithReturns = (text: string): boolean => text.includes('\r') && !text.includes('\n');
