import { AnswerError } from './errors.ts';

/** Lines of JSON as they arrive. @throws AnswerError for any answer but 200 */
export async function* jsonLines<Line>(
  url: string,
  { headers, signal }: { headers: Record<string, string>; signal?: AbortSignal | undefined },
): AsyncGenerator<Line> {
  const response = await fetch(url, { headers, ...(signal ? { signal } : {}) });
  if (!response.ok || !response.body) throw await AnswerError.of(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line);
    }
    if (rest !== '') throw new Error('The answer was cut off in the middle of a line.');
  } finally {
    // Who stops early needs no more of it.
    await reader.cancel().catch(() => {});
  }
}
