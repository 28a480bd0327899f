import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

const never = new AbortController().signal;
const settled = () => new Promise((wake) => setImmediate(wake));

/** Takes turns that stay until they are ended; `order` is whose turn came when. */
function taking(turns: Turns) {
  const order: string[] = [];
  const running: (() => void)[] = [];
  const take = (person: string, isLarge = false, signal = never) => {
    void turns.take(person, isLarge, signal).then(
      (giveBack) => {
        order.push(person);
        running.push(giveBack);
      },
      () => order.push(`${person} left`),
    );
  };
  const end = async (count: number) => {
    for (let i = 0; i < count; i++) {
      running.shift()?.();
      await settled();
    }
  };
  return { order, take, end };
}

test('people take turns, however much one of them asks for', async () => {
  const { order, take, end } = taking(new Turns(1));
  for (let i = 0; i < 5; i++) take('mina');
  take('jun');
  take('sora');
  take('jun');
  await end(8);
  expect(order).toEqual(['mina', 'mina', 'jun', 'sora', 'mina', 'jun', 'mina', 'mina']);
});

test('what is large never takes the last place, and lets smaller ones of the same person pass', async () => {
  const { order, take, end } = taking(new Turns(2));
  take('mina', true);
  take('mina', true);
  take('jun');
  await settled();
  expect(order).toEqual(['mina', 'jun']);
  take('mina');
  await end(0);
  expect(order).toHaveLength(2);
  await end(1);
  expect(order).toEqual(['mina', 'jun', 'mina']);
});

test('where there is one place only, what is large has its turn, too', async () => {
  const { order, take, end } = taking(new Turns(1));
  take('mina', true);
  take('jun', true);
  await end(2);
  expect(order).toEqual(['mina', 'jun']);
});

test('who has gone is not waited for', async () => {
  const { order, take, end } = taking(new Turns(1));
  const gone = new AbortController();
  take('mina');
  take('jun', false, gone.signal);
  take('sora');
  await settled();
  gone.abort();
  await end(2);
  expect(order).toEqual(['mina', 'jun left', 'sora']);
});
