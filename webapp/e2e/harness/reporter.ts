import { stripVTControlCharacters } from 'node:util';
import type { FullResult, Reporter, Suite, TestCase, TestResult } from '@playwright/test/reporter';

/** A line for each test that failed, and for what tests measured; the last one has the numbers. */
export default class Lines implements Reporter {
  private passed = 0;
  private failed = 0;

  onBegin(_: unknown, suite: Suite) {
    console.log(`${suite.allTests().length} tests in the browser`);
  }

  onTestEnd(test: TestCase, result: TestResult) {
    const name = test.titlePath().slice(2).join(' › ');
    if (test.outcome() === 'expected') this.passed++;
    else if (test.outcome() === 'unexpected') this.failed++;
    if (result.status !== test.expectedStatus) {
      console.log(`--- FAIL: ${name} (${(result.duration / 1_000).toFixed(1)} s)`);
      for (const error of result.errors)
        console.log(stripVTControlCharacters(`${error.stack ?? error.message ?? ''}\n${error.snippet ?? ''}`));
    } else if (process.env.E2E_VERBOSE) {
      console.log(`ok ${name} (${(result.duration / 1_000).toFixed(1)} s)`);
    }
    for (const { type, description } of test.annotations) if (type === 'measured') console.log(`    ${description}`);
  }

  onStdOut(chunk: string | Buffer) {
    process.stdout.write(chunk);
  }

  onStdErr(chunk: string | Buffer) {
    process.stderr.write(chunk);
  }

  onError(error: { message?: string; stack?: string }) {
    this.failed++;
    console.log(`--- FAIL: ${error.stack ?? error.message}`);
  }

  onEnd(result: FullResult) {
    if (result.status !== 'passed' && this.failed === 0) this.failed = 1; // interrupted, or out of time
    console.log(`${this.passed} passed, ${this.failed} failed`);
  }

  printsToStdio() {
    return true;
  }
}
