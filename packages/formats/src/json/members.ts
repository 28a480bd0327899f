import { ByteWindow } from './byte-window.ts';
import { CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, QUOTE } from './bytes.ts';

/** A member of an object that is read one by one. */
export interface Member {
  key: string;
  value: unknown;
}

/**
 * The members of an object in a JSON file of any size, one by one: those of the object at the top, or of the one that is
 * its member `inside`. A member that is too long to be of use is handed out as undefined.
 *
 * @throws FormatError with the byte position, when the file is no such JSON or ends too early
 */
export async function* readMembers(stream: AsyncIterable<Uint8Array>, inside: string | null): AsyncGenerator<Member> {
  const input = new ByteWindow(stream, []);
  await input.skipByteOrderMark();
  if ((await input.nextSolid()) !== OPEN_BRACE) throw input.error('a JSON object was expected');
  if (inside === null) {
    yield* membersOf(input, () => input.takeMember(MAX_MEMBER_BYTES));
    return;
  }
  for await (const { key } of membersOf(input, async () => undefined)) {
    if (key === inside && (await input.nextSolid()) === OPEN_BRACE) {
      yield* membersOf(input, () => input.takeMember(MAX_MEMBER_BYTES));
    } else {
      await input.skipValue();
    }
  }
}

/** One image with all of its regions. */
const MAX_MEMBER_BYTES = 32 * 1024 * 1024;

async function* membersOf(input: ByteWindow, take: () => Promise<unknown>): AsyncGenerator<Member> {
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
    await input.nextSolid();
    yield { key, value: await take() };
  }
  input.advance(1);
}
