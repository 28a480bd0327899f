import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Leaves what the run came to, and how long each file took, for what ends them all (see scripts/test.ts). */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state]++;
      }
      if (
        module.state() === 'failed' &&
        [...module.children.allTests()].every((test) => test.result().state !== 'failed')
      )
        counts.failed++;
    }
    const files = modules.map((module) => ({
      file: module.relativeModuleId,
      seconds: Math.round(module.diagnostic().duration / 1000),
    }));
    const file = process.env.GRANARY_TEST_COUNTS;
    if (file) appendFileSync(file, `${JSON.stringify({ ...counts, files })}\n`);
  }
}
