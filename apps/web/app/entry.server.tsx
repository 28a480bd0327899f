import { PassThrough } from 'node:stream';
import {
  type ActionFunctionArgs,
  type AppLoadContext,
  createReadableStreamFromReadable,
  type EntryContext,
  type LoaderFunctionArgs,
} from '@remix-run/node';
import { isRouteErrorResponse, RemixServer } from '@remix-run/react';
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
  { nonce, log }: AppLoadContext,
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
          log.error({ err: error }, 'a page could not be drawn');
        },
      },
    );
    setTimeout(() => page.abort(), ABORT_MS + 1000).unref();
  });
}

/** What a loader or an action throws and nobody expected; who went away did not want to know any more. */
export function handleError(error: unknown, { request, context }: LoaderFunctionArgs | ActionFunctionArgs): void {
  // A path without a page, a method that a page does not have: their texts hold the path, and with it tokens.
  if (request.signal.aborted || isRouteErrorResponse(error)) return;
  context.log.error({ err: error }, 'page failed');
}
