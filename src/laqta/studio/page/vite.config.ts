import { defineConfig } from "vite";

// `npm run dev` hands what is not the page to a studio that runs beside it.
const studio = "http://127.0.0.1:8000";

export default defineConfig({
  build: {
    outDir: "../static",
    emptyOutDir: true,
    // The studio's content policy has no data: fonts, and one rule for all files is easier to hold.
    assetsInlineLimit: 0,
    // The polyfill is an inline fetch for browsers that the page does not support anyway.
    modulePreload: { polyfill: false },
    target: ["chrome123", "firefox121", "safari17.5"],
  },
  server: { proxy: { "/api": studio, "/media": studio } },
});
