//! A field for text: a textarea, which an editor takes over once its script has loaded.

use std::time::Duration;

use leptos::html::Textarea;
use leptos::prelude::*;

use super::control::{escape, keep_told_alike};
use crate::browser::editors::{Editor as Element, files_of, note_behind, note_edit};

/// Up to this length a text is told with every key; a longer one while the keys rest. In UTF-16 units.
const TOLD_AT_ONCE_MAX: usize = 64 * 1024;

/// From this length on a text is not laid out before its editor has come, in bytes: a browser breaks all of its lines
/// again for each piece that arrives, which takes it most of a minute for ten megabytes.
const LAID_OUT_MAX: usize = 256 * 1024;

/// Most lines of a field that its content cannot size.
const ROWS_MAX: usize = 100;

/// What is written in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text with variables.
    Text,
    /// JSON.
    Json,
    /// Text that is not read again: the value of a variable.
    Plain,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Plain => "plain",
        }
    }
}

/// A field for text that grows with it.
#[component]
pub fn Editor(
    /// The id of the textarea.
    id: String,
    /// Its name in the form.
    name: String,
    /// What is written in it.
    kind: Kind,
    /// Its name for people, where no `<label>` has it.
    #[prop(optional, into)]
    label: MaybeProp<String>,
    /// The text.
    text: Signal<String>,
    /// Is told what was typed.
    #[prop(into)]
    on_input: Callback<String>,
    /// Is told which files were pasted or dropped.
    #[prop(optional, into)]
    on_files: Option<Callback<web_sys::FileList>>,
    /// Names of the variables that have a value, as a JSON list.
    #[prop(optional, into)]
    known: MaybeProp<String>,
    /// Lines that it has when it is empty.
    #[prop(default = 1)]
    lines: usize,
    /// What stands there while it is empty.
    #[prop(optional, into)]
    placeholder: MaybeProp<String>,
    /// The id of the element that says what is wrong with the text, while something is.
    #[prop(optional, into)]
    error: MaybeProp<String>,
) -> impl IntoView {
    let node = NodeRef::<Textarea>::new();
    // Length in bytes of a long text that the field is telling: it need not be compared with what it told.
    let telling = StoredValue::new(None::<usize>);
    let get = move || text.with(|text| (telling.get_value() != Some(text.len())).then(|| text.clone()));
    let given = keep_told_alike(node, get, move |typed| on_input.run(typed));
    let behind = StoredValue::new(false);
    let field = StoredValue::new(id.clone());
    let lag = move |is_behind: bool| {
        if behind.get_value() != is_behind {
            behind.set_value(is_behind);
            field.with_value(|field| note_behind(field, is_behind));
        }
    };
    on_cleanup(move || lag(false));
    let tell = move |editor: Option<Element>| {
        let Some(editor) = editor else { return };
        lag(false);
        let text = given.exactly(editor.text());
        if text.len() > TOLD_AT_ONCE_MAX {
            telling.set_value(Some(text.len()));
            // The effects of it have run by then.
            set_timeout(move || _ = telling.try_set_value(None), Duration::ZERO);
        }
        on_input.run(text);
    };
    let edit = move |event: web_sys::CustomEvent| {
        field.with_value(|field| note_edit(field));
        let editor = Element::from_event(&event);
        if editor.as_ref().is_some_and(|editor| editor.length() > TOLD_AT_ONCE_MAX) {
            lag(true);
        } else {
            tell(editor);
        }
    };
    let rest = move |event: web_sys::CustomEvent| {
        if behind.get_value() {
            tell(Element::from_event(&event));
        }
    };
    let files = move |event: web_sys::CustomEvent| {
        if let Some((take, files)) = on_files.zip(files_of(&event)) {
            take.run(files);
        }
    };
    // Where a browser cannot size a field by its content, and there is no editor.
    let rows = move || {
        let count = text.with(|text| text.lines().take(ROWS_MAX).count() + usize::from(text.ends_with('\n')));
        count.clamp(lines, ROWS_MAX).to_string()
    };
    let initial = text.with_untracked(|text| escape(text));
    let is_long = initial.len() > LAID_OUT_MAX;
    view! {
        <etude-editor
            kind=kind.name()
            known=move || known.get()
            min-lines=lines.to_string()
            data-shape=(kind != Kind::Text).then_some("field")
            data-long=is_long.then_some("")
            on:edit=edit
            on:edit-idle=rest
            on:files=files
        >
            <textarea
                class="editor"
                id=id
                name=name
                rows=rows
                aria-label=move || label.get()
                placeholder=move || placeholder.get()
                spellcheck="false"
                autocomplete="off"
                aria-invalid=move || error.get().map(|_| "true")
                aria-describedby=move || error.get()
                node_ref=node
                on:input=move |event| on_input.run(given.exactly(event_target_value(&event)))
                inner_html=initial
            ></textarea>
        </etude-editor>
    }
    .into_any()
}
