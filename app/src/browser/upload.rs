//! A file on its way to the server: sent from where it lies, so that its size is not the page's memory.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

/// Sends a file as the body of a `POST`. `sent` hears how many bytes have gone out, `done` the status and the body of
/// the answer; where there was none, 0 and nothing. To give up, call `abort` on what comes back.
pub fn send_file(
    address: &str,
    file: &File,
    sent: impl Fn(f64) + 'static,
    done: impl FnOnce(u16, String) + 'static,
) -> Option<XmlHttpRequest> {
    // `fetch` does not tell how much has gone out.
    let request = XmlHttpRequest::new().ok()?;
    request.open("POST", address).ok()?;
    for (name, value) in [("content-type", "application/json"), ("accept", "application/json")] {
        request.set_request_header(name, value).ok()?;
    }
    let moved = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| sent(event.loaded()));
    request.upload().ok()?.set_onprogress(Some(moved.into_js_value().unchecked_ref()));
    let over = {
        let request = request.clone();
        Closure::once_into_js(move || {
            let body = request.response_text().ok().flatten().unwrap_or_default();
            done(request.status().unwrap_or_default(), body);
        })
    };
    request.set_onloadend(Some(over.unchecked_ref()));
    request.send_with_opt_blob(Some(file)).ok()?;
    Some(request)
}
