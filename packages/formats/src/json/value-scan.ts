import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, isScalarEnd, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts';

/** Finds the end of one JSON value over any number of chunks, by its brackets and quotes only. */
export class ValueScan {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #hasStarted = false;

  /** The position behind the value, or -1 when it goes on beyond `to`. The loop is what reading a large file takes. */
  run(buffer: Uint8Array, from: number, to: number): number {
    let depth = this.#depth;
    let at = from;
    if (!this.#hasStarted && from < to) {
      this.#hasStarted = true;
      const byte = buffer[at] ?? 0;
      if (byte !== QUOTE && byte !== OPEN_BRACE && byte !== OPEN_BRACKET && isScalarEnd(byte)) return at;
    }
    for (;;) {
      if (this.#inString) {
        at = this.#endOfString(buffer, at, to);
        if (at < 0) break;
        if (depth === 0) return at;
      }
      let byte = 0;
      // Digits, signs, dots, colons and capitals, which is most of a file, are above the comma and below the bracket.
      while (at < to) {
        byte = buffer[at] ?? 0;
        if (byte > COMMA && byte < OPEN_BRACKET) at++;
        else break;
      }
      if (at >= to) break;
      if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
        depth++;
      } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
        if (depth === 0) return at;
        if (--depth === 0) return at + 1;
      } else if (depth === 0 && isScalarEnd(byte)) {
        return at;
      }
      at++;
    }
    this.#depth = depth;
    return -1;
  }

  #endOfString(buffer: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#isEscaped && at < to) {
      this.#isEscaped = false;
      at++;
    }
    for (; at < to; at++) {
      const byte = buffer[at];
      if (byte === QUOTE) {
        this.#inString = false;
        return at + 1;
      }
      if (byte === BACKSLASH) {
        at++;
        if (at >= to) this.#isEscaped = true;
      }
    }
    return -1;
  }
}
