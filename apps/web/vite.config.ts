import { vitePlugin as remix } from '@remix-run/dev';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

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
  resolve: { alias: { '~': new URL('./app', import.meta.url).pathname } },
  // The host and the pages share one instance of our packages; Node reads them as they are.
  ssr: { external: ['@granary/api', '@granary/core'] },
  build: { assetsInlineLimit: 0, rollupOptions: isSsrBuild ? { external: [/^@granary\//] } : {} },
}));
