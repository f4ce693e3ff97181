import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, beforeEach } from 'vitest';
import { setLanguage } from '../src/i18n/texts';

// How long something may take to appear; a busy machine is slow.
configure({ asyncUtilTimeout: 15_000 });

beforeEach(() => setLanguage('en'));
afterEach(cleanup);

// What jsdom has not: nothing is ever resized in it, nor captured.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Element.prototype.setPointerCapture ??= () => undefined;
