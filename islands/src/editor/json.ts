/**
 * Makes the editor one for JSON: colours, brackets, and what is wrong with it, in words.
 *
 * A chunk of its own: a prompt needs none of this.
 */
import { insertNewlineAndIndent } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { diagnosticCount, forEachDiagnostic, linter, nextDiagnostic, previousDiagnostic, type Diagnostic } from "@codemirror/lint";
import { Prec, type Extension, type Text } from "@codemirror/state";
import { EditorView, keymap, showPanel, type Panel } from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";
import { checkJson } from "./json-check.ts";

/** Something wrong with the text. Lines and columns count from 1, columns in UTF-16 units. */
export interface Problem {
  from: number;
  to: number;
  line: number;
  column: number;
  severity: "error" | "warning" | "info" | "hint";
  message: string;
}

/** What a check of the page's own returns: a place and a sentence. */
export type Finding = Pick<Problem, "from" | "to" | "message"> & { severity?: Problem["severity"] };

/** Checks what is known to be JSON, say against a schema. */
export type SchemaCheck = (text: string) => Finding[] | Promise<Finding[]>;

/** Longest text that is checked, in UTF-16 units. */
const CHECKED_MAX = 1024 * 1024;
const REST_MS = 300;

/** Four roles are enough. */
const highlighter = tagHighlighter([
  { tag: tags.propertyName, class: "tok-key" },
  { tag: tags.string, class: "tok-str" },
  { tag: [tags.number, tags.bool, tags.null], class: "tok-num" },
]);
let panels = 0;

/** Everything JSON. `schemaCheck` is asked at each check; `report` is told what came of it. */
export function jsonKind(schemaCheck: () => SchemaCheck | null, report: (problems: Problem[]) => void): Extension {
  const id = `etude-problems-${++panels}`;
  return [
    json(),
    syntaxHighlighting(highlighter),
    bracketMatching(),
    linter((view) => check(view, schemaCheck(), report), { delay: REST_MS }),
    showPanel.of((view) => problemPanel(view, id)),
    Prec.high(
      EditorView.contentAttributes.of((view) =>
        diagnosticCount(view.state) > 0 ? { "aria-invalid": "true", "aria-errormessage": id } : null,
      ),
    ),
    Prec.high(
      keymap.of([
        { key: "Enter", run: insertNewlineAndIndent, shift: insertNewlineAndIndent },
        { key: "F8", run: nextDiagnostic, shift: previousDiagnostic },
      ]),
    ),
  ];
}

async function check(view: EditorView, schemaCheck: SchemaCheck | null, report: (problems: Problem[]) => void): Promise<Diagnostic[]> {
  const { doc } = view.state;
  let findings: Finding[] = [];
  const text = doc.length <= CHECKED_MAX ? doc.toString() : "";
  // An empty field is one that was left empty, not a broken one.
  if (text.trim() !== "") {
    const flaw = checkJson(text);
    if (flaw) findings = [flaw];
    else if (schemaCheck) findings = await schemaCheck(text);
  }
  const problems = findings.map((finding) => locate(doc, finding));
  if (view.state.doc === doc) report(problems);
  return problems.map(({ from, to, severity, line, column, message }) => ({ from, to, severity, message: inWords(line, column, message) }));
}

/** Keeps a place inside the text: a check of the page's own may be wrong about it. */
function locate(doc: Text, { from, to, severity = "error", message }: Finding): Problem {
  const clamp = (at: number) => Math.min(Math.max(0, Math.trunc(at) || 0), doc.length);
  const start = clamp(from);
  const line = doc.lineAt(start);
  const place = { line: line.number, column: start - line.from + 1 };
  return { from: start, to: Math.max(start, clamp(to)), ...place, severity, message: String(message) };
}

const inWords = (line: number, column: number, message: string): string => `Line ${line}, column ${column}: ${message}`;

/** One line below the text: a wavy line alone says nothing to one who cannot see or hover it. */
function problemPanel(view: EditorView, id: string): Panel {
  const text = document.createElement("span");
  text.id = id;
  text.className = "problem__text";
  text.setAttribute("role", "status");
  text.setAttribute("aria-live", "polite");
  const go = document.createElement("button");
  go.type = "button";
  go.className = "button";
  go.dataset.kind = "quiet";
  go.dataset.size = "sm";
  go.textContent = "Go to it";
  go.addEventListener("click", () => {
    nextDiagnostic(view);
    view.focus();
  });
  const dom = document.createElement("div");
  dom.className = "problem";
  dom.append(text, go);
  const show = (): void => {
    let first: string | null = null;
    forEachDiagnostic(view.state, (diagnostic) => (first ??= diagnostic.message));
    const more = diagnosticCount(view.state) - 1;
    const sentence = first === null ? "" : more > 0 ? `${first} And ${more} more.` : String(first);
    if (text.textContent !== sentence) text.textContent = sentence;
    go.hidden = first === null;
    dom.dataset.state = first === null ? "none" : "some";
  };
  show();
  return { dom, update: show };
}
