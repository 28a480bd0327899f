import { createServer, type Server } from 'node:http';
import { createClient, UploadError } from '@granary/client';
import { afterEach, describe, expect, test } from 'vitest';
import { AnswerError } from './answer-error.ts';
import { ExitCode, exitCodeOf, explain, UsageError } from './exit.ts';

describe('the process ends with', () => {
  test.each<[string, unknown, number]>([
    ['wrong use', new UsageError('Give --yes'), ExitCode.usage],
    ['a refusal', new AnswerError({ code: 'forbidden', message: 'You may not' }), ExitCode.refused],
    ['too many requests', new AnswerError({ code: 'too_many_requests', message: 'Wait' }), ExitCode.refused],
    ['a wrong password', new AnswerError({ code: 'wrong_credentials', message: 'Wrong' }), ExitCode.refused],
    ['nothing found', new AnswerError({ code: 'not_found', message: 'None' }), ExitCode.notFound],
    ['an unknown account', new AnswerError({ code: 'unknown_account', message: 'None' }), ExitCode.notFound],
    ['anything else', new AnswerError({ code: 'name_taken', message: 'Taken' }), ExitCode.failed],
    ['what nobody foresaw', 'a text that was thrown', ExitCode.failed],
  ])('%s', (_, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe('an error is explained', () => {
  test('with the hint of the answer', () => {
    const error = new AnswerError({ code: 'name_taken', message: 'It is taken.', hint: 'Choose another.' });
    expect(explain(error)).toEqual({ code: 'name_taken', message: 'It is taken. Choose another.' });
  });

  test('where nobody answers, by its cause', () => {
    const error = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
    expect(explain(error)).toEqual({
      code: 'unreachable',
      message: 'Granary can not be reached: connect ECONNREFUSED 127.0.0.1:1',
    });
    expect(exitCodeOf(error)).toBe(ExitCode.failed);
  });

  test('of a call with what is wrong where, and of an upload with what the server says of it', async () => {
    const client = createClient({ url: await serve(), apiKey: 'gk_x', retries: 0 });
    const call = await client.auth.me.query().catch((thrown) => thrown);
    expect(explain(call)).toMatchObject({
      code: 'invalid_input',
      message: 'It is not valid. name is too long Shorten it.',
    });
    expect(exitCodeOf(call)).toBe(ExitCode.failed);
    const upload = await client.uploadFile('d1', new File(['x'], 'x.zip')).catch((thrown) => thrown);
    expect(upload).toBeInstanceOf(UploadError);
    expect(explain(upload)).toEqual({ code: 'forbidden', message: 'You may not. Ask the owner.' });
    expect(exitCodeOf(upload)).toBe(ExitCode.refused);
  });
});

let server: Server;
afterEach(() => server?.close());

/** Refuses every call as Granary does: by tRPC, and by REST where uploads go. */
async function serve(): Promise<string> {
  const body = {
    code: 'invalid_input',
    message: 'It is not valid.',
    hint: 'Shorten it.',
    issues: [{ path: 'name', message: 'is too long' }],
  };
  server = createServer((req, res) => {
    req.resume();
    const isCall = req.url?.startsWith('/trpc') === true;
    const error = {
      error: { message: body.message, code: -32600, data: { code: 'BAD_REQUEST', httpStatus: 400, error: body } },
    };
    const refusal = { code: 'forbidden', message: 'You may not.', hint: 'Ask the owner.' };
    res.writeHead(isCall ? 400 : 403, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(isCall ? [error] : refusal));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}
