import { Client } from '/work/main/tests/support/client.ts';
import { listenAndAsk } from '/work/main/tests/support/events.ts';
import { startTestGranary } from '/work/main/tests/support/granary.ts';
const granary = await startTestGranary({ env: { NODE_OPTIONS: process.env.OPTS ?? '' } });
const client = new Client(granary.url); await client.register();
for (let i=0;i<5;i++){ const r = await listenAndAsk(granary, client, { listeners: 300, perSecond: 50, seconds: 12 }); console.log(r.beforeMib, r.peakMib, r.afterMib, r.errors.length, r.events); }
await granary.stop(); process.exit(0);
