import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkbox, id, intentOf, many, numberOrNull, optional, parseForm, text, words } from './form.server.ts';

const schema = z.discriminatedUnion('intent', [
  intentOf('change', { userId: id, isAdmin: checkbox, quota: numberOrNull, note: optional, name: text, tags: words }),
  intentOf('delete', { path: many }),
]);

function posted(fields: [string, string][]): Request {
  const body = new URLSearchParams(fields);
  return new Request('http://granary/form', { method: 'POST', body });
}

const refusal = (request: Request) =>
  parseForm(request, schema).then(
    () => null,
    async (thrown: Response) => ({ status: thrown.status, body: await thrown.json() }),
  );

test('a form is what its schema says', async () => {
  const fields: [string, string][] = [
    ['intent', 'change'],
    ['userId', 'u1'],
    ['quota', ''],
    ['note', '  '],
    ['tags', 'a, ,b'],
  ];
  expect(await parseForm(posted(fields), schema)).toEqual({
    intent: 'change',
    userId: 'u1',
    isAdmin: false,
    quota: null,
    note: undefined,
    name: '',
    tags: ['a', 'b'],
  });
});

test('a name that comes once or several times is a list where one is wanted', async () => {
  const paths = (...values: string[]) =>
    posted([['intent', 'delete'], ...values.map((path): [string, string] => ['path', path])]);
  expect(await parseForm(paths(), schema)).toMatchObject({ path: [] });
  expect(await parseForm(paths('a'), schema)).toMatchObject({ path: ['a'] });
  expect(await parseForm(paths('a', 'b'), schema)).toMatchObject({ path: ['a', 'b'] });
});

test.each([
  ['an unknown intent', posted([['intent', 'guess']]), 'intent'],
  ['no intent', posted([['userId', 'u1']]), 'intent'],
  [
    'nobody to change',
    posted([
      ['intent', 'change'],
      ['userId', ''],
    ]),
    'userId',
  ],
])('%s is refused', async (_, request, path) => {
  const { status, body } = (await refusal(request)) ?? {};
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: 'invalid_input', issues: [{ path }] });
});

test('what is no form is refused', async () => {
  const request = new Request('http://granary/form', {
    method: 'POST',
    body: '{}',
    headers: { 'Content-Type': 'application/json' },
  });
  expect(await refusal(request)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
});
