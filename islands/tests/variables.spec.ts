import { expect, test } from "@playwright/test";
import { scan, variables } from "../src/editor/variables.ts";

/** Each line of the table in `crates/domain/src/template.rs`, and the edges that follow from its code. */
const TABLE: [text: string, pieces: (string | null)[]][] = [
  ["About {{topic}}.", ["topic"]],
  ["{{ topic }}{{x}}", ["topic", "x"]],
  ["\\{{topic}} {{topic}}", [null, "topic"]],
  ["{{}} {{ }} {{1a}} {{a b}} {topic}", []],
  ["{{{topic}}}", ["topic"]],
  ["open {{", []],
  ["\\", []],
  ["{{\ttopic\t}}", ["topic"]],
  ["{{topic\n}}", []],
  ["{{_}} {{é}} {{a-b.c_1}} {{-a}} {{.a}}", ["_", "é", "a-b.c_1"]],
  ["{{日本}} {{a²}} {{Ⅷ}}", ["日本", "a²", "Ⅷ"]],
  ["{{a\u00a0}} {{a }}", ["a"]],
  ["\\\\{{a}}", [null]],
  ["\\{{{a}}", [null]],
  ["\\{{{{a}}", [null, "a"]],
  ["\\{{\\{{a}}", [null, null]],
  ["{{a{{b}}", ["b"]],
  ["{{a}}}", ["a"]],
  ["{{a} }", []],
  [`{{${"a".repeat(64)}}}`, ["a".repeat(64)]],
  [`{{${"a".repeat(65)}}}`, []],
  [`{{${"é".repeat(32)}}}`, ["é".repeat(32)]],
  [`{{${"é".repeat(33)}}}`, []],
  [`{{${" ".repeat(93)}a}}`, ["a"]],
  [`{{${" ".repeat(94)}a}}`, []],
  [`{{${" ".repeat(46)}a${" ".repeat(47)}}}`, ["a"]],
  [`{{${" ".repeat(47)}a${" ".repeat(47)}}}`, []],
  [`{{${" ".repeat(92)}é}}`, ["é"]],
  [`{{${" ".repeat(93)}é}}`, []],
];

test("reads each line of the table", () => {
  for (const [text, names] of TABLE) expect([...scan(text)].map(({ name }) => name), JSON.stringify(text)).toEqual(names);
});

/** The scanner of the server, letter by letter: slow and plain, to compare with. */
function slow(text: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    if (rest.startsWith("\\{{")) {
      found.push("\\");
      at += 3;
      continue;
    }
    const inner = rest.startsWith("{{") ? rest.slice(2) : "";
    const window = Buffer.from(inner).subarray(0, 96).toString("utf8");
    const end = window.indexOf("}}");
    const name = end < 0 ? "" : inner.slice(0, end).replace(/^[ \t]+|[ \t]+$/g, "");
    if (/^[\p{Alphabetic}_][\p{Alphabetic}\p{N}_.-]*$/u.test(name) && Buffer.byteLength(name) <= 64) {
      found.push(name);
      at += 2 + end + 2;
    } else at += 1;
  }
  return found;
}

test("agrees with a plain reading of the rules on 100,000 random texts", () => {
  const parts = ["{", "}", "{{", "}}", "\\", "a", "topic", "_", "1", ".", " ", "\t", "é", "\u{1f600}", "\n", "a".repeat(40), " ".repeat(40)];
  let seed = 4;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let seen = 0;
  for (let round = 0; round < 100_000; round += 1) {
    let text = "";
    for (let part = random(16); part > 0; part -= 1) text += parts[random(parts.length)];
    const got = [...scan(text)].map(({ name }) => name ?? "\\");
    if (got.join("|") !== slow(text).join("|")) expect(got, JSON.stringify(text)).toEqual(slow(text));
    seen += got.length;
  }
  expect(seen).toBeGreaterThan(3_000);
});

test("names each variable once, in the order of first use", () => {
  expect(variables("{{b}} {{a}} {{b}}")).toEqual(["b", "a"]);
});
