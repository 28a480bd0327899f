import { startTestGranary } from '/work/wt/faults/tests/support/granary.ts';

const g = await startTestGranary({ worker: false });
console.log(g.url);
await new Promise((r) => setTimeout(r, 1500_000));
await g.stop();
