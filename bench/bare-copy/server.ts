/** `COPY annotations TO STDOUT`, piped through a bare node:http server. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { connect } from '@granary/db';

const { sql } = connect(process.argv[2] ?? '', { max: 1 });
const server = createServer((_, res) => {
  sql
    .begin(async (tx) => pipeline(await tx`copy annotations to stdout`.readable(), res))
    .catch((error) => res.destroy(error));
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
