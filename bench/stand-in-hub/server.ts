/** The stand-in Hub in a process of its own, for benchmarks: what it costs is nobody's. */
import { startStandInHub } from '../../tools/hub/server.ts';

const hub = await startStandInHub(process.argv[2] ?? '.');
process.send?.(hub.url);
