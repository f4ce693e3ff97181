import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach } from 'vitest';
import { setLanguage } from '../src/i18n/texts';

beforeEach(() => setLanguage('en'));
afterEach(cleanup);

// What jsdom has not: nothing is ever resized in it, nor captured.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Element.prototype.setPointerCapture ??= () => undefined;
