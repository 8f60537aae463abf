//! The content security policy: nothing runs on a page that this server did not put there.

use http::{HeaderValue, header};
use leptos::nonce::use_nonce;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

/// Sets the policy of the page that is being rendered.
pub(crate) fn protect() {
    let Some(nonce) = use_nonce() else { return };
    // The browser of a developer is told of a new build over another port (`cargo leptos watch`).
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() { " ws:" } else { "" };
    let policy = [
        "default-src 'self'".to_owned(),
        // What a script with the nonce loads may run, too; WebAssembly may be compiled, text may not.
        format!("script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'"),
        "worker-src 'self'".to_owned(),
        format!("style-src 'self' 'nonce-{nonce}'"),
        format!("connect-src 'self'{reload}"),
        "object-src 'none'".to_owned(),
        "base-uri 'none'".to_owned(),
        "form-action 'self'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ]
    .join("; ");
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        expect_context::<ResponseOptions>().insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
