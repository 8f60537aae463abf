//! The pictures of a message: taken by paste and drop, shown as what they are, taken away again.

use domain::image::MEDIA_TYPES;
use domain::limits::IMAGE_BYTES_MAX;
use domain::{ApiError, Code, Image, ImageSource, Part};
use leptos::prelude::*;
use reactive_stores::Field;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::icon::Icon;
use crate::state::desk::Desk;
use crate::state::draft::{DraftMessage, DraftMessageStoreFields};
use crate::state::figures::thousands;

/// The pictures of a message.
#[component]
pub(super) fn Pictures(row: Field<DraftMessage>, label: Signal<String>) -> impl IntoView {
    let images = row.images();
    let one = move |(place, image): (usize, Image)| {
        let name = format!("Remove picture {}", place + 1);
        let remove = Callback::new(move |()| drop(images.write().remove(place)));
        view! { <Attachment about=about(&image) name remove/> }
    };
    move || {
        let all = images.try_get().unwrap_or_default();
        let label = format!("Pictures of {}", label.get().to_lowercase());
        (!all.is_empty()).then(
            || view! { <Attachments label items=all.into_iter().enumerate().map(one).collect_view().into_any()/> },
        )
    }
}

/// The pieces of a message that only one vendor's wire has a word for.
#[component]
pub(super) fn Natives(row: Field<DraftMessage>, label: Signal<String>) -> impl IntoView {
    let natives = row.natives();
    let one = move |(place, part): (usize, Part)| {
        let name = format!("Remove part {}", place + 1);
        let remove = Callback::new(move |()| drop(natives.write().remove(place)));
        view! { <Attachment about=about_native(&part) name remove/> }
    };
    move || {
        let all = natives.try_get().unwrap_or_default();
        let label = format!("Other parts of {}", label.get().to_lowercase());
        (!all.is_empty()).then(
            || view! { <Attachments label items=all.into_iter().enumerate().map(one).collect_view().into_any()/> },
        )
    }
}

#[component]
fn Attachments(label: String, items: AnyView) -> impl IntoView {
    view! { <ul class="message__pictures" role="list" aria-label=label>{items}</ul> }.into_any()
}

/// Something that goes with a message, and the button that takes it away.
#[component]
fn Attachment(about: String, name: String, remove: Callback<()>) -> impl IntoView {
    view! {
        <li class="attachment">
            <Icon name="paperclip"/>
            <span class="attachment__name truncate">{about}</span>
            <button
                class="button live-only"
                data-kind="quiet"
                data-shape="icon"
                data-size="sm"
                type="button"
                aria-label=name
                on:click=move |_| remove.run(())
            >
                <Icon name="x" small=true/>
            </button>
        </li>
    }
    .into_any()
}

/// What a piece is, in its vendor's word, and how large.
fn about_native(part: &Part) -> String {
    let Part::Native { vendor, json } = part else { return String::new() };
    // The word alone: what stands in it may be ten megabytes.
    let kind = json.split("\"type\"").nth(1).and_then(|rest| rest.split('"').nth(1)).unwrap_or("part");
    format!("{kind} ({} only), {} bytes", vendor.name(), thousands(json.len() as u64))
}

fn about(image: &Image) -> String {
    match image.source() {
        Ok(ImageSource::Remote(url)) => url.to_owned(),
        // Four characters of base64 are three bytes.
        Ok(ImageSource::Inline { media_type, data }) => format!("{media_type}, {} KB", data.len() * 3 / 4 / 1000),
        Err(error) => error.message,
    }
}

/// Takes the pictures among pasted or dropped files into a message; says whether there were any.
pub(super) fn take_pictures(desk: Desk, row: Field<DraftMessage>, files: &web_sys::FileList) -> bool {
    let pictures: Vec<_> = (0..files.length())
        .filter_map(|n| files.get(n))
        .filter(|file| MEDIA_TYPES.contains(&file.type_().as_str()))
        .collect();
    if pictures.is_empty() {
        return false;
    }
    let model = untrack(|| desk.model());
    if !model.images {
        let why = format!("{} cannot see pictures.", model.name);
        refuse(desk, ApiError::new(Code::ParameterNotSupported, why).hint("Choose a model that can."));
        return true;
    }
    for picture in pictures {
        if picture.size() > IMAGE_BYTES_MAX as f64 {
            let megabytes = IMAGE_BYTES_MAX / 1_000_000;
            let why = format!("{} is larger than {megabytes} MB, the most that a picture may have.", picture.name());
            refuse(desk, ApiError::new(Code::BodyTooLarge, why).hint("Make it smaller and add it again."));
        } else {
            read(row, &picture);
        }
    }
    true
}

fn refuse(desk: Desk, error: ApiError) {
    if !untrack(|| desk.run.is_running()) {
        desk.run.clear();
        desk.run.refuse(error.into());
    }
}

/// Reads a picture behind the page's back, and puts it into the message.
fn read(row: Field<DraftMessage>, picture: &web_sys::File) {
    let Ok(reader) = web_sys::FileReader::new() else { return };
    let done = {
        let (reader, media_type) = (reader.clone(), picture.type_());
        Closure::once_into_js(move || {
            let url = reader.result().ok().and_then(|result| result.as_string()).unwrap_or_default();
            if let Some((_, data)) = url.split_once(";base64,") {
                let (media_type, data) = (Some(media_type), Some(data.to_owned()));
                row.images().write().push(Image { media_type, data, ..Image::default() });
            }
        })
    };
    reader.set_onload(Some(done.unchecked_ref()));
    _ = reader.read_as_data_url(picture);
}
