import { Readable } from 'node:stream';
import type { ObjectStore } from '@granary/storage';
import { movedHere } from './watchdog.ts';

/** The store, telling the attempt at work of every call that is answered and of every piece of content that is read. */
export function watchedStore(store: ObjectStore): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      return typeof member === 'function'
        ? (...args: unknown[]) => observed(Reflect.apply(member, target, args), movedHere())
        : member;
    },
  });
}

function observed(answer: unknown, moved: () => void): unknown {
  if (answer instanceof Promise) {
    return answer.then((value) => {
      moved();
      return value instanceof Readable ? observedStream(value, moved) : value;
    });
  }
  return isIterable(answer) ? observedList(answer, moved) : answer;
}

function observedStream(stream: Readable, moved: () => void): Readable {
  const push = stream.push.bind(stream);
  stream.push = (...chunk) => {
    moved();
    return push(...chunk);
  };
  return stream;
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

async function* observedList(list: AsyncIterable<unknown>, moved: () => void): AsyncGenerator<unknown> {
  for await (const item of list) {
    moved();
    yield item;
  }
}
