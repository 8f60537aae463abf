/**
 * The languages that are highlighted, each a chunk of its own.
 *
 * A fence may say anything; what is not here stays plain. To add a language, add its line.
 */
import type { LanguageFn } from "highlight.js";

interface Language {
  load: () => Promise<{ default: LanguageFn }>;
  /** Other names for it. */
  alias?: string[];
  /** Languages that it has inside it. */
  inside?: string[];
}

export const LANGUAGES: Record<string, Language> = {
  bash: { load: () => import("highlight.js/lib/languages/bash"), alias: ["sh", "zsh"] },
  c: { load: () => import("highlight.js/lib/languages/c"), alias: ["h"] },
  cpp: { load: () => import("highlight.js/lib/languages/cpp"), alias: ["c++", "cc", "cxx", "hpp"] },
  csharp: { load: () => import("highlight.js/lib/languages/csharp"), alias: ["cs", "c#"] },
  css: { load: () => import("highlight.js/lib/languages/css") },
  diff: { load: () => import("highlight.js/lib/languages/diff"), alias: ["patch"] },
  dockerfile: { load: () => import("highlight.js/lib/languages/dockerfile"), alias: ["docker"], inside: ["bash"] },
  go: { load: () => import("highlight.js/lib/languages/go"), alias: ["golang"] },
  graphql: { load: () => import("highlight.js/lib/languages/graphql"), alias: ["gql"] },
  ini: { load: () => import("highlight.js/lib/languages/ini"), alias: ["toml"] },
  java: { load: () => import("highlight.js/lib/languages/java") },
  javascript: { load: () => import("highlight.js/lib/languages/javascript"), alias: ["js", "jsx", "mjs", "cjs"] },
  json: { load: () => import("highlight.js/lib/languages/json"), alias: ["jsonc", "json5", "jsonl"] },
  kotlin: { load: () => import("highlight.js/lib/languages/kotlin"), alias: ["kt", "kts"] },
  lua: { load: () => import("highlight.js/lib/languages/lua") },
  makefile: { load: () => import("highlight.js/lib/languages/makefile"), alias: ["make", "mk"] },
  markdown: { load: () => import("highlight.js/lib/languages/markdown"), alias: ["md"], inside: ["xml"] },
  php: { load: () => import("highlight.js/lib/languages/php"), inside: ["xml"] },
  powershell: { load: () => import("highlight.js/lib/languages/powershell"), alias: ["ps1", "pwsh"] },
  python: { load: () => import("highlight.js/lib/languages/python"), alias: ["py"] },
  r: { load: () => import("highlight.js/lib/languages/r") },
  ruby: { load: () => import("highlight.js/lib/languages/ruby"), alias: ["rb"] },
  rust: { load: () => import("highlight.js/lib/languages/rust"), alias: ["rs"] },
  scala: { load: () => import("highlight.js/lib/languages/scala") },
  shell: { load: () => import("highlight.js/lib/languages/shell"), alias: ["console", "shellsession"], inside: ["bash"] },
  sql: { load: () => import("highlight.js/lib/languages/sql"), alias: ["sqlite", "postgresql", "pgsql", "mysql"] },
  swift: { load: () => import("highlight.js/lib/languages/swift") },
  typescript: { load: () => import("highlight.js/lib/languages/typescript"), alias: ["ts", "tsx", "mts"] },
  xml: { load: () => import("highlight.js/lib/languages/xml"), alias: ["html", "svg", "xhtml"], inside: ["css", "javascript"] },
  yaml: { load: () => import("highlight.js/lib/languages/yaml"), alias: ["yml"] },
};

const BY_ALIAS = new Map(Object.entries(LANGUAGES).flatMap(([name, { alias = [] }]) => [name, ...alias].map((word) => [word, name])));

/** The language that a fence means, or null where there is none of that name. */
export const languageOf = (word: string): string | null => BY_ALIAS.get(word.trim().toLowerCase()) ?? null;
