import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Writes version.json, by which an open page notices that another one was deployed. */
function version(): Plugin {
  return {
    name: 'version',
    generateBundle(_, bundle) {
      const names = Object.keys(bundle).sort().join('\n');
      const id = createHash('sha256').update(names).digest('hex').slice(0, 16);
      this.emitFile({ type: 'asset', fileName: 'version.json', source: JSON.stringify({ version: id }) });
      const font = readFileSync(new URL('node_modules/pretendard/dist/LICENSE.txt', import.meta.url), 'utf8');
      this.emitFile({ type: 'asset', fileName: 'licenses/pretendard.txt', source: font });
    },
  };
}

/** The server writes where the page lives; vite's is at the root. */
function devBase(): Plugin {
  return {
    name: 'dev base',
    apply: 'serve',
    transformIndexHtml: (html) => html.replace('<base href="./" />', '<base href="/" />'),
  };
}

/** What the grid imports for its filter panel, toolbar and pages, which the log has its own of. */
const unused = ['Autocomplete', 'Badge', 'Checkbox', 'FormControlLabel', 'Switch', 'Tab', 'TablePagination', 'Tabs'];

/** Parts of the grid that it never shows: its own menu, panels and toolbar. */
const unshown = /\/(GridToolbar|GridColumnMenu|GridFilterPanel|GridColumnsManagement|GridColumnsPanel)\.mjs$/;

/** Leaves out what is never shown, some 35 kB: that, and the ripple, which the theme switches off. */
function slim(): Plugin {
  const empty = '\0unused';
  return {
    name: 'slim',
    apply: 'build',
    enforce: 'pre',
    resolveId(source, importer) {
      if (/\/TouchRipple(\.m?js)?$/.test(source) && importer?.includes('@mui/material/ButtonBase')) return empty;
      if (importer?.includes('@mui/x-data-grid/') && unshown.test(source))
        return `\0unshown:${fileURLToPath(new URL(source, pathToFileURL(importer)))}`;
      if (!importer?.includes('@mui/x-data-grid/material')) return null;
      return unused.includes(source.replace('@mui/material/', '')) ? empty : null;
    },
    load(id) {
      if (id.startsWith('\0unshown:')) {
        const text = readFileSync(id.slice('\0unshown:'.length), 'utf8');
        const lists = [...text.matchAll(/^export (?:const |function )?\{?([\w, ]+)/gm)].map((m) => m[1] ?? '');
        const names = lists.flatMap((list) => list.split(',').map((name) => name.trim()));
        return names.map((name) => `export const ${name} = () => null;`).join('\n');
      }
      if (id !== empty) return null;
      return 'const nothing = () => null; export default nothing; export const tablePaginationClasses = {}, formControlLabelClasses = {};';
    },
  };
}

/** Lays NAME.br and NAME.gz beside what is text, for the server to choose from. */
function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    writeBundle({ dir = 'dist' }, bundle) {
      for (const name of Object.keys(bundle).filter((n) => /^assets\/.*\.(js|css|svg|json)$/.test(n))) {
        const path = join(dir, name);
        const text = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
        writeFileSync(`${path}.br`, brotliCompressSync(text, { params }));
      }
    },
  };
}

export default defineConfig({
  base: './',
  html: { cspNonce: '__NONCE__' },
  plugins: [react(), slim(), version(), precompressed(), devBase()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // font-src knows no data:
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    license: { fileName: 'licenses/packages.md' },
  },
  server: {
    host: '127.0.0.1',
    // The admin of scripts/run; CrossOriginProtection wants its own origin.
    proxy: { '/api': { target: process.env.ADMIN_URL ?? 'http://127.0.0.1:8080', changeOrigin: false } },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}', 'tests/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    server: { deps: { inline: ['nuqs'] } }, // so that its router is ours
    testTimeout: 60_000,
    maxWorkers: '100%',
    isolate: false, // loading React and MUI anew for each file took half of the time
  },
});
