import { editor, expect, heard, test } from "./fixtures.ts";
import { checkJson } from "../src/editor/json-check.ts";

const content = (page: import("@playwright/test").Page) => page.getByRole("textbox", { name: "Message 1" });

test("says what is wrong, where, and takes it back", async ({ page, show }) => {
  await show(editor('{\n  "a": 1\n  "b": {{x}}\n}', 'kind="json" data-shape="field"'));
  await expect(page.getByRole("status")).toHaveText("Line 3, column 3: A comma or } is missing here.");
  await expect(content(page)).toHaveAttribute("aria-invalid", "true");
  const problems = await heard(page, "problems");
  expect(problems.at(-1)).toEqual([{ from: 13, to: 14, line: 3, column: 3, severity: "error", message: "A comma or } is missing here." }]);
  expect(await page.locator(".cm-variable").count()).toBe(0);
  expect(await page.locator(".tok-key").first().textContent()).toBe('"a"');
  await page.getByRole("button", { name: "Go to it" }).click();
  await expect(content(page)).toBeFocused();
  await page.evaluate(() => ((document.querySelector("etude-editor") as any).value = '{"a": [1, 2]}'));
  await expect(page.getByRole("status")).toHaveText("");
  await expect(content(page)).not.toHaveAttribute("aria-invalid", "true");
});

test("asks the page's own check once it is JSON, and survives what that says", async ({ page, show }) => {
  await show(editor('{"type": "strin"}', 'kind="json"'));
  await page.evaluate(() => {
    (document.querySelector("etude-editor") as any).schemaCheck = async () => [
      { from: 9, to: 16, message: "There is no type of this name." },
      { from: 99, to: -1, message: "Out of the text.", severity: "warning" },
    ];
  });
  await expect(page.getByRole("status")).toHaveText("Line 1, column 10: There is no type of this name. And 1 more.");
});

test("agrees with JSON.parse about what is JSON", () => {
  const texts = [
    "", " ", "null", "true", "nul", "1", "-1.5e+9", "01", "+1", ".5", "1.", "1e", "-", '"a"', '"a', "'a'", '"\\u00e9\\n"', '"\\x"', '"\\u12"', '"\t"', '"a\nb"',
    "[]", "[1]", "[1,]", "[,1]", "[1 2]", "[1", "]", "{}", '{"a":1}', '{"a":1,}', '{"a" 1}', '{"a":}', "{a:1}", '{"a":1 "b":2}', '{"a":1}}', '{"a":[{}]}', '{"a":[1}',
    "1 2", "// x\n1", "[1,/* */2]", "NaN", "Infinity", "{,}", '{"a":1,"a":2}', "\u00a01", "[\u2028]", '"\u2028"', "\ufeff1", "tru e", "[true,false,null]", "{1:2}", '{"a":1,,}', "[}", "{]",
  ];
  for (const text of texts) {
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    const flaw = checkJson(text);
    expect(flaw === null, JSON.stringify(text) + JSON.stringify(flaw)).toBe(valid);
    if (flaw) expect(flaw.from <= flaw.to && flaw.to <= text.length, JSON.stringify([text, flaw])).toBe(true);
  }
  expect(checkJson("[".repeat(1_000_000))?.message).toBe("The text ends before its closing ].");
  expect(checkJson(`"${"x".repeat(1_000_000)}"`)).toBeNull();
});
