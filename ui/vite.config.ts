import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  // The content-security policy allows no data: URLs for fonts or styles, so nothing is inlined.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { strictPort: true, watch: { ignored: ['**/journeys/**'] } },
  clearScreen: false,
  test: {
    environment: 'jsdom',
    globals: true,
    testTimeout: 60_000,
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test-setup.ts'],
  },
});
