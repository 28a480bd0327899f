import { beChild } from '@granary/processes/be-child';
import { decode, pixelsOf } from './decode.ts';
import type { Decoded, Order } from './messages.ts';

// A program of its own: decodes one image after the other for the process that has begun it.

const { tell } = beChild<Order, Decoded>(async (order) => tell(await decoded(order)));

async function decoded({ image, wanted, mostPixels }: Order): Promise<Decoded> {
  try {
    if ((await pixelsOf(image)) > mostPixels) return { kind: 'large' };
    return { kind: 'decoded', bytes: await decode(image, wanted) };
  } catch (error) {
    return { kind: 'undecodable', message: String(error) };
  }
}
