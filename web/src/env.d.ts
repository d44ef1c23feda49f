/// <reference types="vite/client" />

declare module "virtual:catalogues/*" {
  import type { Catalogues } from "./lib/i18n";
  const catalogues: Catalogues;
  export default catalogues;
}
