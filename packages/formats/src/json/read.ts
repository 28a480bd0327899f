import { ByteWindow } from './byte-window.ts';
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts';
import { TOO_DEEP } from './parse.ts';

/** Some elements of a list, in their order. */
export interface ElementBatch {
  kind: 'elements';
  /** The member of the top-level object that the list is; '' when the list is the whole file. */
  key: string;
  /** Position of the batch's first element in its list; broken elements count. */
  firstIndex: number;
  /** Undefined stands for an element that could not be read. */
  elements: unknown[];
  broken: { index: number; reason: string }[];
}

/** A member of the top-level object that is no list. */
export interface MemberValue {
  kind: 'value';
  key: string;
  value: unknown;
}

/** A member of the top-level object that is too long to be of use, or nested too deeply. */
interface LeftOutMember {
  kind: 'left_out';
  key: string;
  /** In words, for a finding. */
  reason: string;
}

/**
 * Reads a JSON file of any size with bounded memory, when it is one object of lists (as COCO is) or one list: element
 * borders are found by bytes, and 64 KiB of elements at a time go through `JSON.parse`. Lists that are not
 * wanted are skipped; other members longer than 256 KiB, or nested too deeply, are named only.
 *
 * Bare NaN and Infinity, which Python writes, become null. An element that is no JSON or too long is handed out as
 * broken.
 *
 * @param ids members of elements that may be integers beyond 2^53: these become texts of their digits, so that two ids
 *   stay two
 * @throws FormatError with the byte position, when the file as a whole is no such JSON or ends too early
 */
export async function* readJson(
  stream: AsyncIterable<Uint8Array>,
  isWanted: (key: string) => boolean,
  ids: readonly string[] = [],
): AsyncGenerator<ElementBatch | MemberValue | LeftOutMember> {
  const input = new ByteWindow(stream, ids);
  await input.skipByteOrderMark();
  const first = await input.nextSolid();
  if (first === OPEN_BRACKET && isWanted('')) {
    yield* readList(input, '');
  } else if (first === OPEN_BRACE) {
    yield* readObject(input, isWanted);
  } else {
    throw input.error('a JSON object was expected');
  }
  if ((await input.nextSolid()) !== null) throw input.error('nothing was expected after the end of the JSON');
}

async function* readObject(
  input: ByteWindow,
  isWanted: (key: string) => boolean,
): AsyncGenerator<ElementBatch | MemberValue | LeftOutMember> {
  input.advance(1);
  for (let isFirst = true; ; isFirst = false) {
    let byte = await input.nextSolid();
    if (byte === CLOSE_BRACE) break;
    if (!isFirst) {
      if (byte !== COMMA) throw input.error('a comma or the end of the object was expected');
      input.advance(1);
      byte = await input.nextSolid();
    }
    if (byte !== QUOTE) throw input.error('a member name was expected');
    const key = await input.takeKey();
    if ((await input.nextSolid()) !== COLON) throw input.error('a colon was expected');
    input.advance(1);
    if ((await input.nextSolid()) !== OPEN_BRACKET) {
      const value = await input.takeMember();
      yield value === undefined ? leftOut(key) : { kind: 'value', key, value };
    } else if (isWanted(key)) {
      yield* readList(input, key);
    } else {
      await input.skipValue();
    }
  }
  input.advance(1);
}

const leftOut = (key: string): LeftOutMember => ({ kind: 'left_out', key, reason: `${key}: too long, or ${TOO_DEEP}` });

async function* readList(input: ByteWindow, key: string): AsyncGenerator<ElementBatch> {
  input.openList();
  let firstIndex = 0;
  for (;;) {
    const batch = (await input.takeGuessedElements()) ?? (await input.takeElements());
    if (batch.elements.length > 0) yield { kind: 'elements', key, firstIndex, ...batch };
    firstIndex += batch.elements.length;
    if (batch.isLast) return;
  }
}
