/**
 * Reads what the textarea is and says: its attributes become those of the editor's content.
 *
 * The textarea stays the one place where a page describes the field, with or without a script, so
 * nothing is written twice and a change of `aria-invalid` or `disabled` arrives by itself.
 */
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, placeholder } from "@codemirror/view";

/** Attributes of the textarea that are followed. */
export const FOLLOWED = [
  "aria-label",
  "aria-labelledby",
  "aria-describedby",
  "aria-errormessage",
  "aria-invalid",
  "required",
  "aria-required",
  "placeholder",
  "disabled",
  "readonly",
  "spellcheck",
  "autocapitalize",
  "lang",
  "dir",
];

const PASSED = ["aria-describedby", "aria-errormessage", "aria-invalid", "aria-required", "autocapitalize", "lang", "dir"];
const following = new Compartment();
let labels = 0;

/** The textarea's attributes, for a new editor. */
export const asDescribed = (textarea: HTMLTextAreaElement): Extension => following.of(described(textarea));

/** The textarea's attributes, for an editor that is there. */
export const describeAgain = (textarea: HTMLTextAreaElement) => following.reconfigure(described(textarea));

function described(textarea: HTMLTextAreaElement): Extension {
  const attributes: Record<string, string> = {
    role: "textbox",
    "aria-multiline": "true",
    spellcheck: String(textarea.spellcheck),
    ...named(textarea),
  };
  for (const name of PASSED) {
    const value = textarea.getAttribute(name);
    if (value !== null && value !== "") attributes[name] = value;
  }
  if (textarea.required) attributes["aria-required"] = "true";
  // `:disabled` knows a disabled fieldset around the field, too.
  const disabled = textarea.matches(":disabled");
  if (disabled) attributes["aria-disabled"] = "true";
  // What can be edited can be focused as it is; this says so to those who look for it where a field scrolls.
  else attributes.tabindex = "0";
  return [
    EditorView.contentAttributes.of(attributes),
    EditorState.readOnly.of(disabled || textarea.readOnly),
    EditorView.editable.of(!disabled),
    textarea.placeholder ? placeholder(textarea.placeholder) : [],
  ];
}

/** The accessible name, found the way a browser finds it. */
function named(textarea: HTMLTextAreaElement): Record<string, string> {
  const by = textarea.getAttribute("aria-labelledby");
  if (by) return { "aria-labelledby": by };
  const label = textarea.getAttribute("aria-label");
  if (label) return { "aria-label": label };
  const ids = [...textarea.labels].map((element) => (element.id ||= `etude-label-${++labels}`));
  return ids.length > 0 ? { "aria-labelledby": ids.join(" ") } : {};
}
