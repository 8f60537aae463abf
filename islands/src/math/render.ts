/** Turns TeX into MathML with KaTeX, bounded and trusting nothing. */
import katex from "katex";

/** The markup, or null where the TeX is none: then its source is the better text. */
export function render(tex: string, displayMode: boolean): string | null {
  const options = {
    displayMode,
    output: "mathml",
    throwOnError: true,
    trust: false,
    strict: "ignore",
    maxExpand: 1_000,
    maxSize: 20,
    // What may not be done (links, images, HTML) is named in the colour of the text around it.
    errorColor: "currentColor",
  } as const;
  return katex.renderToString(tex, options);
}
