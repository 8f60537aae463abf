/**
 * Says where a text stops being JSON, and why.
 *
 * `JSON.parse` says it in every browser differently, and in some without a place. This walks the
 * grammar of RFC 8259 with a stack of its own, so that no depth of nesting can overflow it.
 */

/** The first thing wrong, with its place in UTF-16 units. */
export interface Flaw {
  from: number;
  to: number;
  message: string;
}

type Want = "value" | "value or ]" | "name" | "name or }" | "colon" | "next" | "end";

const WORDS = ["true", "false", "null"];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LOOKS_LIKE_WORD = /[\p{L}\p{N}_$.+-]+/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Checks a whole text. Null: it is JSON. */
export function checkJson(text: string): Flaw | null {
  const open: ("{" | "[")[] = [];
  let want = "value" as Want;
  let at = skipBlanks(text, 0);
  const after = (): Want => (open.length === 0 ? "end" : "next");
  const flaw = (message: string, to = at + 1): Flaw => ({ from: at, to: Math.min(Math.max(to, at), text.length), message });

  while (at < text.length) {
    const char = text[at] as string;
    if (want === "end") return flaw("Nothing may follow the end of the JSON value.", text.length);
    if (want === "colon") {
      if (char !== ":") return flaw("A colon is missing after the name.");
      want = "value";
      at += 1;
    } else if (want === "next") {
      const close = open.at(-1) === "{" ? "}" : "]";
      if (char === ",") want = close === "}" ? "name" : "value";
      else if (char === close) {
        open.pop();
        want = after();
      } else return flaw(`A comma or ${close} is missing here.`);
      at += 1;
    } else if ((char === "}" && want === "name or }") || (char === "]" && want === "value or ]")) {
      open.pop();
      want = after();
      at += 1;
    } else if (char === '"') {
      const end = stringEnd(text, at);
      if (typeof end !== "number") return end;
      want = want === "name" || want === "name or }" ? "colon" : after();
      at = end;
    } else if (want === "name" || want === "name or }") {
      return flaw(char === "}" ? "Remove the comma before this }." : "A name in double quotes is missing here.");
    } else if (char === "{" || char === "[") {
      open.push(char);
      want = char === "{" ? "name or }" : "value or ]";
      at += 1;
    } else {
      const end = plainEnd(text, at);
      if (typeof end !== "number") return end;
      want = after();
      at = end;
    }
    at = skipBlanks(text, at);
  }
  if (want === "end") return null;
  const close = open.at(-1) === "{" ? "}" : "]";
  at = Math.max(0, text.length - 1);
  return flaw(open.length > 0 ? `The text ends before its closing ${close}.` : "A value is missing.", text.length);
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (next < text.length && " \t\n\r".includes(text[next] as string)) next += 1;
  return next;
}

/** Where a string ends, or what is wrong in it. */
function stringEnd(text: string, start: number): number | Flaw {
  let at = start + 1;
  while (at < text.length) {
    const char = text[at] as string;
    if (char === '"') return at + 1;
    if (char === "\\") {
      const length = sticky(ESCAPE, text, at);
      if (length === 0) return { from: at, to: Math.min(at + 2, text.length), message: "JSON has no such escape." };
      at += length;
    } else if (char < " ") {
      const [from, to] = [char === "\n" ? start : at, char === "\n" ? at : at + 1];
      const message = char === "\n" ? "The closing quote of this string is missing." : "Write this character as an escape.";
      return { from, to, message };
    } else at += 1;
  }
  return { from: start, to: text.length, message: "The closing quote of this string is missing." };
}

/** Where a number, `true`, `false` or `null` ends, or what stands there instead. */
function plainEnd(text: string, at: number): number | Flaw {
  const length = Math.max(1, sticky(LOOKS_LIKE_WORD, text, at));
  const word = text.slice(at, at + length);
  if (WORDS.includes(word) || sticky(NUMBER, word, 0) === word.length) return at + length;
  const to = at + length;
  if (word === "}" || word === "]") {
    const message = `A value is missing before this ${word}.`;
    return { from: at, to, message };
  }
  if (word === "'") return { from: at, to, message: "JSON strings stand in double quotes." };
  if (word === "/") return { from: at, to, message: "JSON has no comments." };
  if (/^[+\-.\d]/.test(word)) return { from: at, to, message: "This is not a number in JSON." };
  return { from: at, to, message: "A value is missing here. Text stands in double quotes." };
}

function sticky(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
