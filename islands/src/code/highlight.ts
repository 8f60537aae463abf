/** Highlights a text with highlight.js, whose markup is escaped text between `<span class>`. */
import highlighter from "highlight.js/lib/core";
import { languageOf, LANGUAGES } from "./languages.ts";

/** The markup of a text, or null where the language is not known. */
export async function highlight(text: string, word: string): Promise<string | null> {
  const language = languageOf(word);
  if (language === null) return null;
  await load(language);
  return highlighter.highlight(text, { language, ignoreIllegals: true }).value;
}

async function load(language: string): Promise<void> {
  const known = LANGUAGES[language];
  if (!known || highlighter.getLanguage(language)) return;
  const [definition] = await Promise.all([known.load(), ...(known.inside ?? []).map(load)]);
  highlighter.registerLanguage(language, definition.default);
}
