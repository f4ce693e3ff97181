import type { FullConfig } from '@playwright/test';
import { startBigLog } from './big';

/** Starts what all tests share, if a test asks for it; returns what ends it. */
export default async function setup(config: FullConfig) {
  const without = process.env.E2E_ROWS === '0';
  if (without || config.projects.length === 0) return undefined;
  return startBigLog();
}
