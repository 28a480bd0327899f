import { beChild } from '../../processes/be-child.ts';
import { decode, open, pixelsOf } from './decode.ts';
import type { Decoded, Order } from './messages.ts';

// A program of its own: decodes one image after the other for the process that has begun it.

const { tell } = beChild<Order, Decoded>(async (order) => tell(await decoded(order)));

async function decoded({ image, wanted, mostPixels }: Order): Promise<Decoded> {
  try {
    const opened = await open(image);
    if ((await pixelsOf(opened)) > mostPixels) return { kind: 'large' };
    return { kind: 'decoded', bytes: await decode(opened, wanted) };
  } catch (error) {
    return { kind: 'undecodable', message: String(error) };
  }
}
