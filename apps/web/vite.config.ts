import { vitePlugin as remix } from '@remix-run/dev';
import tailwindcss from '@tailwindcss/vite';
import { defaultClientConditions, defaultServerConditions, defineConfig } from 'vite';

/** The client's sources, rather than what of it is packed for others. */
const SOURCE = '@granary/source';

export default defineConfig(({ isSsrBuild }) => ({
  plugins: [
    tailwindcss(),
    remix({
      future: {
        v3_fetcherPersist: true,
        v3_relativeSplatPath: true,
        v3_throwAbortReason: true,
        v3_singleFetch: true,
        v3_lazyRouteDiscovery: true,
      },
    }),
  ],
  resolve: {
    conditions: [SOURCE, ...defaultClientConditions],
    alias: { '~': new URL('./app', import.meta.url).pathname },
  },
  // The host and the pages share one instance of our packages; Node reads them as they are.
  ssr: {
    external: ['@granary/api', '@granary/core'],
    resolve: { conditions: [SOURCE, ...defaultServerConditions] },
  },
  build: { assetsInlineLimit: 0, rollupOptions: isSsrBuild ? { external: [/^@granary\/(?!client)/] } : {} },
}));
