/**
 * The mathematical letters of Unicode: ℝ, 𝓛, 𝐱.
 *
 * MathML Core gives every style but the upright one to Unicode, so `mathvariant="double-struck"` does
 * nothing in a browser. The blocks are regular but for the letters that Unicode had before them
 * (Unicode 17, "Mathematical Alphanumeric Symbols").
 */

/** Where the capitals, the small letters and the digits of a style begin. */
const STYLES: Record<string, [capital: number, small: number, digit?: number]> = {
  bold: [0x1d400, 0x1d41a, 0x1d7ce],
  italic: [0x1d434, 0x1d44e],
  "bold-italic": [0x1d468, 0x1d482],
  script: [0x1d49c, 0x1d4b6],
  "bold-script": [0x1d4d0, 0x1d4ea],
  fraktur: [0x1d504, 0x1d51e],
  "double-struck": [0x1d538, 0x1d552, 0x1d7d8],
  "bold-fraktur": [0x1d56c, 0x1d586],
  "sans-serif": [0x1d5a0, 0x1d5ba, 0x1d7e2],
  "bold-sans-serif": [0x1d5d4, 0x1d5ee, 0x1d7ec],
  "sans-serif-italic": [0x1d608, 0x1d622],
  "sans-serif-bold-italic": [0x1d63c, 0x1d656],
  monospace: [0x1d670, 0x1d68a, 0x1d7f6],
};
const GREEK: Record<string, [capital: number, small: number]> = {
  bold: [0x1d6a8, 0x1d6c2],
  italic: [0x1d6e2, 0x1d6fc],
  "bold-italic": [0x1d71c, 0x1d736],
};
/** Letters that are older than the block, by the hole that they leave in it. */
const OLDER: Record<number, string> = {
  0x1d455: "ℎ", 0x1d49d: "ℬ", 0x1d4a0: "ℰ", 0x1d4a1: "ℱ", 0x1d4a3: "ℋ", 0x1d4a4: "ℐ", 0x1d4a7: "ℒ", 0x1d4a8: "ℳ",
  0x1d4ad: "ℛ", 0x1d4ba: "ℯ", 0x1d4bc: "ℊ", 0x1d4c4: "ℴ", 0x1d506: "ℭ", 0x1d50b: "ℌ", 0x1d50c: "ℑ", 0x1d515: "ℜ",
  0x1d51d: "ℨ", 0x1d53a: "ℂ", 0x1d53f: "ℍ", 0x1d545: "ℕ", 0x1d547: "ℙ", 0x1d548: "ℚ", 0x1d549: "ℝ", 0x1d551: "ℤ",
};

/** The text in a style, as far as Unicode has it. */
export function styled(text: string, variant: string): string {
  const latin = STYLES[variant];
  const greek = GREEK[variant];
  if (!latin) return text;
  return Array.from(text, (char) => {
    const code = char.codePointAt(0) ?? 0;
    const at = (first: string, last: string, base: number | undefined): string | null => {
      if (base === undefined || char < first || char > last || char.length > 1) return null;
      const point = base + code - (first.codePointAt(0) ?? 0);
      return OLDER[point] ?? String.fromCodePoint(point);
    };
    return (
      at("A", "Z", latin[0]) ?? at("a", "z", latin[1]) ?? at("0", "9", latin[2]) ??
      at("Α", "Ω", greek?.[0]) ?? at("α", "ω", greek?.[1]) ?? char
    );
  }).join("");
}
