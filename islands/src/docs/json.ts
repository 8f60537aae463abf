/**
 * JSON over several lines, its numbers and texts as they came: what reads and writes them anew would round a number of
 * 64 bits.
 */
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

export function indented(text: string): string {
  let out = "";
  let depth = 0;
  let empty = false;
  const line = (): string => `\n${"  ".repeat(Math.max(depth, 0))}`;
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token === "]" || token === "}";
    if (closes) depth -= 1;
    if (closes && !empty) out += line();
    else if (!closes && empty) out += line();
    empty = token === "[" || token === "{";
    if (empty) depth += 1;
    out += token;
    if (token === ",") out += line();
    if (token === ":") out += " ";
  }
  return out;
}
