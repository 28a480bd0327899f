import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that counts what goes up, and that a test may cut. */
export interface FlakyLink {
  url: string;
  /** Bytes that went to the server, headers included. */
  sentBytes(): number;
  /** Connections that are open now. */
  numOpen(): number;
  /** Connections that were not taken while it was cut. */
  numRefused(): number;
  /** Breaks all connections; while it is cut, new ones are refused. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** @param cutEverySeconds breaks connections by itself, each after a random time between these two */
export async function openFlakyLink(
  target: string,
  {
    cutEverySeconds,
    dropShare = 0,
    bytesPerSecond,
  }: { cutEverySeconds?: [number, number]; dropShare?: number; bytesPerSecond?: number } = {},
): Promise<FlakyLink> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let sent = 0;
  let isCut = false;
  let refused = 0;
  const server = createServer((client) => {
    if (isCut) refused++;
    if (isCut || Math.random() < dropShare) return void client.destroy();
    const upstream = connect(Number(port), hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
      clearTimeout(timer);
    };
    const [least, most] = cutEverySeconds ?? [0, 0];
    const timer = cutEverySeconds ? setTimeout(end, 1000 * (least + Math.random() * (most - least))) : undefined;
    open.add(client);
    client.on('data', (chunk) => {
      sent += chunk.length;
      if (bytesPerSecond === undefined) return;
      client.pause();
      setTimeout(() => client.resume(), (1000 * chunk.length) / bytesPerSecond);
    });
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const cut = () => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    sentBytes: () => sent,
    numOpen: () => open.size,
    numRefused: () => refused,
    cut,
    mend() {
      isCut = false;
    },
    async stop() {
      cut();
      await new Promise((closed) => server.close(closed));
    },
  };
}
