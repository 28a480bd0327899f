import { resolve } from 'node:path';
import { startStandInHub } from '../tools/hub/server.ts';

/** `npm run hub <folder> [port]`: a Hub for work without a network; its folder is described in tools/hub/server.ts. */
const [folder = '.', port = '3900'] = process.argv.slice(2);
const hub = await startStandInHub(resolve(process.env.INIT_CWD ?? '.', folder), Number(port));
console.log(
  `A stand-in for the Hugging Face Hub serves ${folder}. Start Granary with it:\n\n  HF_ENDPOINT=${hub.url} npm start\n`,
);
