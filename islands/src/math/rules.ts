/**
 * What MathML may become of TeX.
 *
 * Browsers do less MathML than KaTeX writes: they know neither letter styles, nor the alignment of
 * columns, nor boxes and strikes. Letters become the characters that Unicode has for them; the rest
 * becomes `data-` attributes that `style/math.css` gives a look.
 */
import type { Rules } from "../markup.ts";
import { styled } from "./letters.ts";

const ELEMENTS = new Set(
  ("math semantics annotation mrow mi mn mo ms mtext mspace mover munder munderover msub msup msubsup mmultiscripts " +
    "mprescripts none msqrt mroot mfrac mtable mtr mtd mlabeledtr menclose mpadded mphantom mstyle").split(" "),
);
const WORDS = /^[a-z0-9. #%+-]{1,64}$/i;
const PLAIN = new Set(
  ("display encoding stretchy fence separator movablelimits accent accentunder largeop symmetric form " +
    "displaystyle scriptlevel mathcolor mathbackground").split(" "),
);
const TABLE = new Set(["columnalign", "columnlines", "columnspacing", "rowlines"]);
const LENGTHS = new Set("width height depth lspace rspace voffset minsize maxsize mathsize linethickness".split(" "));
const LENGTH = /^([+-]?\d*\.?\d+)(em|ex|pt|px|mu|%)?$/;
/** Longest of each unit: no space or rule is larger than a screen. */
const LENGTH_MAX: Record<string, number> = { em: 20, ex: 40, pt: 240, px: 320, mu: 360, "%": 100 };

export const RULES: Rules = {
  namespace: "http://www.w3.org/1998/Math/MathML",
  element: (name, attributes) => {
    if (!ELEMENTS.has(name)) return null;
    const allowed: Record<string, string> = {};
    for (const [attribute, value] of attributes) {
      if (!WORDS.test(value)) continue;
      if (PLAIN.has(attribute)) allowed[attribute] = value;
      else if (LENGTHS.has(attribute)) allowed[attribute] = bounded(value);
      else if (attribute === "mathvariant") allowed[value === "normal" ? attribute : "data-variant"] = value;
      else if (attribute === "notation" && name === "menclose") allowed["data-notation"] = value;
      else if (TABLE.has(attribute) && name === "mtable") allowed[`data-${attribute}`] = value;
    }
    return allowed;
  },
  text: (text, path) => {
    const parent = path.at(-1);
    const variant = parent?.getAttribute("data-variant");
    // In words, the letters stay letters and only look different: they are read aloud as words.
    return variant && parent?.localName !== "mtext" ? styled(text, variant) : text;
  },
  // Layout of nested formulas takes time in each level; nobody writes forty.
  depthMax: 120,
  nodesMax: 20_000,
};

/** Gives each cell what its table says about its column and its row. */
export function layTables(root: ParentNode): void {
  for (const table of root.querySelectorAll("mtable")) {
    const words = (attribute: string): string[] => table.getAttribute(`data-${attribute}`)?.split(" ") ?? [];
    // The last word counts for all columns that follow.
    const at = (list: string[], index: number): string | undefined => list[index] ?? list.at(-1);
    const [align, spacing, columns, rows] = [words("columnalign"), words("columnspacing"), words("columnlines"), words("rowlines")];
    [...table.children].forEach((row, y) => {
      [...row.children].forEach((cell, x) => {
        const said = {
          align: at(align, x),
          before: x > 0 && at(spacing, x - 1) === "0em" ? "none" : undefined,
          after: at(spacing, x) === "0em" ? "none" : undefined,
          "line-after": row.children[x + 1] && columns[x],
          "line-below": table.children[y + 1] && rows[y],
        };
        for (const [name, value] of Object.entries(said)) {
          if (value && !(value === "none" && name.startsWith("line"))) cell.setAttribute(`data-${name}`, value);
        }
      });
    });
  }
}

function bounded(value: string): string {
  const [, number, unit = ""] = LENGTH.exec(value) ?? [];
  if (number === undefined) return "0";
  const most = LENGTH_MAX[unit] ?? 20;
  const sign = number.startsWith("+") ? "+" : "";
  return `${sign}${Math.min(Math.max(Number(number), -most), most)}${unit}`;
}
