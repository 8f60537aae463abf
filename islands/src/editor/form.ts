/**
 * Gives a form the text of the editor in the place of its textarea's.
 *
 * The textarea lags behind, and writing ten megabytes into one can take a browser a minute. The
 * `formdata` event comes with every submission and every `new FormData(form)`, and lets the text by.
 */

/** Writes `value` where a form's data has the textarea's. */
export function answerFor(textarea: HTMLTextAreaElement, event: FormDataEvent, value: () => string): void {
  const { form, name } = textarea;
  if (!form || event.target !== form || name === "" || textarea.matches(":disabled")) return;
  const { formData } = event;
  // Fields may share a name: theirs are the values in the order of the fields.
  const fields = [...form.elements].filter((field) => field.getAttribute("name") === name && !field.matches(":disabled"));
  const values = formData.getAll(name);
  if (fields.length !== values.length) return;
  values[fields.indexOf(textarea)] = value();
  formData.delete(name);
  for (const entry of values) formData.append(name, entry as string);
}
