/** What Granary answered to a call by REST. */
export class AnswerError extends Error {
  override name = 'AnswerError';
  readonly code: string;

  constructor({ code, message, hint }: { code: string; message: string; hint?: string }) {
    super([message, hint].filter(Boolean).join(' '));
    this.code = code;
  }
}
