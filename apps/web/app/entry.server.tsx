import { PassThrough } from 'node:stream';
import { type AppLoadContext, createReadableStreamFromReadable, type EntryContext } from '@remix-run/node';
import { RemixServer } from '@remix-run/react';
import { isbot } from 'isbot';
import { renderToPipeableStream } from 'react-dom/server';
import { Nonce } from './nonce';

const ABORT_MS = 5000;

/** A page as a stream: people get its frame at once, programs that read pages get it whole. */
export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
  { nonce }: AppLoadContext,
): Promise<Response> {
  const isWhole = isbot(request.headers.get('user-agent') ?? '');
  return new Promise((resolve, reject) => {
    let answered = status;
    const send = () => {
      const body = new PassThrough();
      headers.set('Content-Type', 'text/html');
      resolve(new Response(createReadableStreamFromReadable(body), { headers, status: answered }));
      page.pipe(body);
    };
    const page = renderToPipeableStream(
      <Nonce.Provider value={nonce}>
        <RemixServer context={remixContext} url={request.url} abortDelay={ABORT_MS} nonce={nonce} />
      </Nonce.Provider>,
      {
        nonce,
        ...(isWhole ? { onAllReady: send } : { onShellReady: send }),
        onShellError: reject,
        onError(error) {
          answered = 500;
          console.error(error);
        },
      },
    );
    setTimeout(() => page.abort(), ABORT_MS + 1000).unref();
  });
}
