import { existsSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'

import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Entry name in the manifest -> source file. The HTML shells around them are Jinja templates of the server. */
const ENTRIES: Record<string, string> = {
  tokens: 'src/shared/tokens.css',
  login: 'src/login/main.ts',
  portal: 'src/portal/main.ts',
  desk: 'src/desk/main.ts',
  'admin-bar': 'src/admin-bar/main.ts',
  widget: 'src/widget/main.ts',
}

const input = Object.fromEntries(
  Object.entries(ENTRIES)
    .map(([name, path]) => [name, here(path)] as const)
    .filter(([, path]) => existsSync(path)),
)

const BACK_END = process.env.BACK_END_URL ?? 'http://127.0.0.1:5000'

/** The script that other sites name in their pages: one file under a name that stays, for any page, module or not. */
const SCRIPT = defineConfig({
  build: {
    outDir: here('../app/static/dist'),
    emptyOutDir: false,
    target: 'es2020',
    rollupOptions: {
      input: here('src/widget/loader/index.ts'),
      output: { format: 'iife', entryFileNames: 'widget.js' },
    },
  },
})

export default defineConfig(({ command, mode }) => (mode === 'script' ? SCRIPT : {
  base: command === 'build' ? '/static/dist/' : '/',
  plugins: [
    vue(),
    // Element Plus is for the staff pages only: login and portal stay small.
    Components({
      dirs: [],
      include: [/src\/desk\/.*\.vue$/, /src\/desk\/.*\.vue\?vue/],
      resolvers: [ElementPlusResolver({ importStyle: 'css' })],
      dts: 'components.d.ts',
    }),
  ],
  resolve: { alias: { '@shared': here('src/shared') } },
  define: {
    __VUE_OPTIONS_API__: true,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    // Messages are compiled to data, never to code, so the page needs no unsafe-eval.
    __INTLIFY_JIT_COMPILATION__: true,
  },
  build: {
    outDir: here('../app/static/dist'),
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2020',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': BACK_END,
      '/static': BACK_END,
      '/ws': { target: BACK_END, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
  },
}))
