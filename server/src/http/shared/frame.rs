//! The documents: the page around what is shown, the form that asks for a passphrase, and the page of nothing.

use engine::shares::{Page, Shown};
use leptos::config::LeptosOptions;

use super::parts::{day, escape, icon, moment};
use super::run::Refused;
use super::visitor::Guest;
use super::{comparison, prompt};

/// The policy of the page that is the same for everyone: it has no script.
pub const POLICY_WITHOUT_SCRIPT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The policy of all others: their own scripts, what those load, and nothing else.
pub fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

const MARK: &str = r#"<span class="share__brand"><svg class="mark" viewBox="0 0 18 18" aria-hidden="true"><ellipse cx="6.4" cy="13.2" rx="4.6" ry="3.3" transform="rotate(-24 6.4 13.2)"/><rect class="mark__caret" x="12.1" y="1" width="2" height="15.6" rx="1"/></svg>Etude</span>"#;

fn head(options: &LeptosOptions, title: &str, nonce: Option<&str>) -> String {
    let package = escape(&options.site_pkg_dir);
    let scripts = nonce.map(|nonce| {
        format!(
            r#"<script nonce="{nonce}" src="/{package}/islands/theme.js"></script><script nonce="{nonce}" type="module" src="/{package}/islands/share.js"></script>"#
        )
    });
    format!(
        r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer"><title>{title} · Etude</title><link rel="icon" href="/favicon.svg" type="image/svg+xml"><link rel="preload" href="/fonts/inter.woff2" as="font" type="font/woff2" crossorigin="anonymous"><link rel="stylesheet" href="/{package}/share.css">{}</head>"#,
        scripts.unwrap_or_default()
    )
}

/// The page of nothing.
pub fn not_there(options: &LeptosOptions) -> String {
    format!(
        r#"{}<body><div class="share"><header class="share__bar">{MARK}</header><main class="share__alone" id="main"><h1>There is nothing here</h1><p>The link was changed on its way, has ended, was revoked, or is used up.</p><p>Ask whoever gave it to you for another one.</p></main></div></body></html>"#,
        head(options, "Nothing here", None)
    )
}

/// The form that asks for the passphrase. Nothing on it says what is behind.
pub fn locked(options: &LeptosOptions, token: &str, nonce: &str, why: Option<&str>) -> String {
    let token = escape(token);
    let (state, error) = match why {
        Some(why) => (
            r#" aria-invalid="true" aria-describedby="why""#,
            format!(r#"<p class="field__error" id="why" role="alert">{}</p>"#, escape(why)),
        ),
        None => ("", String::new()),
    };
    format!(
        r#"{}<body><div class="share"><header class="share__bar">{MARK}<span class="grow"></span>{}</header><main class="share__alone" id="main"><h1>A passphrase is needed</h1><p>Whoever shared this has set one.</p><form class="share__form" method="post" action="/s/{token}/unlock"><div class="field"><label class="field__label" for="passphrase">Passphrase</label><input class="input" id="passphrase" name="passphrase" type="password" maxlength="256" autocomplete="off" autofocus required{state}>{error}</div><button class="button" data-kind="primary" type="submit">Open</button></form></main></div></body></html>"#,
        head(options, "A passphrase is needed", Some(nonce)),
        theme(),
    )
}

/// The page of what a link shows.
pub fn page(
    options: &LeptosOptions,
    guest: &Guest,
    token: &str,
    nonce: &str,
    page: &Page,
    refused: Option<&Refused>,
) -> String {
    let title = escape(&page.title);
    let main = match &page.shown {
        Shown::Prompt(shown) => prompt::main(token, page, shown, refused),
        Shown::Comparison(shown) => comparison::main(token, page, shown),
    };
    let (may, eye) = if page.left_micros.is_some() { ("Can be run", "play") } else { ("Read only", "eye") };
    let forks = page.scope >= domain::ShareScope::Fork;
    format!(
        r##"{head}<body><a class="skip-link" href="#main">Skip to content</a><div class="share"><header class="share__bar">{MARK}<span class="badge">{eye}{may}</span><span class="grow"></span><span class="faint share__ends"><span class="wide-only">Link ends </span><span class="phone-only">Ends </span>{ends}</span>{theme}{fork}</header><main class="share__main" id="main"><div class="share__title"><h1>{title}</h1><p>{what} {shared}</p></div>{main}</main><footer class="share__foot"><span>Etude on {host}</span>{note}</footer></div></body></html>"##,
        head = head(options, &title, Some(nonce)),
        eye = icon(eye, true),
        ends = moment(page.expires_at),
        theme = theme(),
        fork = if forks { fork(guest, token) } else { String::new() },
        what = what(page),
        shared = day(page.shared_at),
        host = escape(&guest.host),
        note = if forks { "<span>A fork copies the prompt and inputs, never the keys.</span>" } else { "" },
    )
}

/// What was shared, in a few words.
fn what(page: &Page) -> String {
    match &page.shown {
        Shown::Prompt(shown) => match (&shown.answer, shown.version) {
            (Some(answer), Some(version)) if !answer.is_visitors => format!("One run of version {version}, shared on"),
            (Some(answer), None) if !answer.is_visitors => "One run, shared on".into(),
            (_, Some(version)) => format!("Version {version}, shared on"),
            _ => "Shared on".into(),
        },
        Shown::Comparison(shown) => {
            let (columns, rows) = (shown.columns.len(), shown.rows_total);
            let rows = if rows == 1 { String::new() } else { format!(" over {rows} rows") };
            format!("A comparison of {columns} columns{rows}, shared on")
        }
    }
}

/// On this machine a fork goes into one's own library, elsewhere it is a file.
fn fork(guest: &Guest, token: &str) -> String {
    let (token, icon) = (escape(token), icon("git-fork", false));
    if guest.is_own {
        format!(
            r#"<form method="post" action="/s/{token}/fork"><button class="button" data-kind="primary" type="submit">{icon}Fork</button></form>"#
        )
    } else {
        format!(
            r#"<a class="button" data-kind="primary" href="/s/{token}/export" download title="A file that any Etude imports">{icon}Fork</a>"#
        )
    }
}

fn theme() -> String {
    let shapes = |name: &str, more: &str| {
        let shapes = app::components::icon::shapes(name);
        format!(r#"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"{more}>{shapes}</svg>"#)
    };
    format!(
        r#"<button class="button live-only wide-only" id="theme" type="button" data-kind="quiet" data-shape="icon" aria-label="Theme" title="Theme">{}{}{}</button>"#,
        shapes("sun", r#" data-theme-icon="light" hidden"#),
        shapes("moon", r#" data-theme-icon="dark" hidden"#),
        shapes("monitor", r#" data-theme-icon="system""#),
    )
}
