import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** A way to an S3 server that fails as such servers do, while it is told to. */
export interface FlakyStore {
  url: string;
  /** Share of requests that fail from now on: a third each with 503, without an answer, and with a broken connection. */
  failing(share: number): void;
  /** Milliseconds that each request waits from now on. */
  slow(milliseconds: number): void;
  failures(): { unavailable: number; timeout: number; reset: number };
  stop(): void;
}

const SLOW_DOWN =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
/** Longer than anyone here waits between two looks, shorter than the client's patience. */
const STALL_MS = 4_000;

export async function openFlakyStore(target: string): Promise<FlakyStore> {
  const { hostname, port } = new URL(target);
  const counts = { unavailable: 0, timeout: 0, reset: 0 };
  let share = 0;
  let delayMs = 0;
  const server = createServer((req, res) => {
    const roll = Math.random() / Math.max(share, Number.EPSILON);
    if (roll >= 1) return delayMs > 0 ? void setTimeout(() => forward(req, res), delayMs) : forward(req, res);
    if (roll < 1 / 3) {
      counts.unavailable++;
      req.resume();
      return void res.writeHead(503, { 'content-type': 'application/xml' }).end(SLOW_DOWN);
    }
    if (roll < 2 / 3) {
      counts.timeout++;
      // What was asked for may have been done all the same, as with a real timeout.
      forward(req, null);
      return void setTimeout(() => res.destroy(), STALL_MS);
    }
    counts.reset++;
    req.destroy();
  });
  function forward(req: IncomingMessage, res: ServerResponse | null): void {
    const upstream = request({ hostname, port, method: req.method, path: req.url, headers: req.headers }, (answer) => {
      if (!res) return void answer.resume();
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    upstream.on('error', () => res?.destroy());
    req.on('error', () => upstream.destroy());
    req.pipe(upstream);
  }
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    failing(now) {
      share = now;
    },
    slow(milliseconds) {
      delayMs = milliseconds;
    },
    failures: () => ({ ...counts }),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
