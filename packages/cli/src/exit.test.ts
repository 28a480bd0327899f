import { createServer, type Server } from 'node:http';
import { createClient, UploadError } from '@granary/client';
import { afterEach, describe, expect, test } from 'vitest';
import { ExitCode, exitCodeOf, explain, UsageError } from './exit.ts';

describe('the process ends with', () => {
  test.each([
    ['a refusal', 'forbidden', ExitCode.refused],
    ['too many requests', 'too_many_requests', ExitCode.refused],
    ['a wrong password', 'wrong_credentials', ExitCode.refused],
    ['nothing found', 'not_found', ExitCode.notFound],
    ['an unknown account', 'unknown_account', ExitCode.notFound],
    ['anything else', 'name_taken', ExitCode.failed],
  ])('%s', async (_, code, exit) => {
    const client = createClient({ url: await serve({ code, message: 'No.' }), apiKey: 'gk_x', retries: 0 });
    const call = await client.auth.me.query().catch((thrown) => thrown);
    expect(explain(call)).toEqual({ code, message: 'No.' });
    expect(exitCodeOf(call)).toBe(exit);
  });

  test('wrong use, and what nobody foresaw', () => {
    expect(exitCodeOf(new UsageError('Add --yes'))).toBe(ExitCode.usage);
    expect(exitCodeOf('a text that was thrown')).toBe(ExitCode.failed);
  });
});

describe('an error is explained', () => {
  test('where nobody answers, by its cause', () => {
    const error = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
    expect(explain(error)).toEqual({
      code: 'unreachable',
      message: 'Granary cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
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
    expect(explain(upload)).toMatchObject({ code: 'forbidden', message: 'You may not. Ask the owner.' });
    expect(exitCodeOf(upload)).toBe(ExitCode.refused);
  });
});

const TOO_LONG = {
  code: 'invalid_input',
  message: 'It is not valid.',
  hint: 'Shorten it.',
  issues: [{ path: 'name', message: 'is too long' }],
};

let server: Server;
afterEach(() => server?.close());

/** Refuses every call as Granary does: by tRPC, and by REST where uploads go. */
async function serve(body: { code: string; message: string } = TOO_LONG): Promise<string> {
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
