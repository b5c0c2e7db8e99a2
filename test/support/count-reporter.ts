import type { Reporter, TestCase } from 'vitest/node';

/** Ends a run with one plain line: `N passed, N failed, N skipped`. */
export default class CountReporter implements Reporter {
  readonly #counts = { passed: 0, failed: 0, skipped: 0 };

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result();
    if (state !== 'pending') this.#counts[state] += 1;
  }

  onTestRunEnd(_modules: unknown, errors: readonly unknown[]): void {
    const { passed, failed, skipped } = this.#counts;
    const broken = errors.length > 0 ? `, ${errors.length} errors outside tests` : '';
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped${broken}`);
  }
}
