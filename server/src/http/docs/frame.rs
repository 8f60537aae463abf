//! The document around the page: the same head, header and ways to other places as the pages of the app have.

use leptos::config::LeptosOptions;

use super::html::escape;

/// The whole document. The script that sets the theme comes before anything is painted.
#[must_use]
pub fn of(options: &LeptosOptions, main: &str) -> String {
    let package = escape(&options.site_pkg_dir);
    let style = format!("/{package}/{}.css", escape(&options.output_name));
    format!(
        r##"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"><meta name="color-scheme" content="light dark"><title>API · Etude</title><link rel="icon" href="/favicon.svg" type="image/svg+xml"><link rel="icon" href="/favicon.ico" sizes="32x32"><link rel="preload" href="/fonts/inter.woff2" as="font" type="font/woff2" crossorigin="anonymous"><link rel="preload" href="/fonts/jetbrains-mono.woff2" as="font" type="font/woff2" crossorigin="anonymous"><link rel="stylesheet" href="{style}"><script src="/{package}/islands/theme.js"></script><script type="module" src="/{package}/islands/docs.js"></script></head><body><div class="shell">{header}{nav}<main class="shell__main docs" id="main">{main}</main></div></body></html>"##,
        header = header(),
        nav = nav(),
    )
}

fn header() -> String {
    format!(
        r##"<a class="skip-link" href="#main">Skip to content</a><header class="header"><a class="header__brand" href="/" aria-label="Etude, home"><svg class="mark" viewBox="0 0 18 18" aria-hidden="true"><ellipse cx="6.4" cy="13.2" rx="4.6" ry="3.3" transform="rotate(-24 6.4 13.2)"></ellipse><rect class="mark__caret" x="12.1" y="1" width="2" height="15.6" rx="1"></rect></svg><span>Etude</span></a><svg class="header__slash" viewBox="0 0 8 20" aria-hidden="true"><path d="M7 1 1 19"></path></svg><div class="header__subject"><span class="header__name">API</span></div><div class="header__actions"><a class="button" data-kind="quiet" href="/openapi.json" aria-label="openapi.json">{braces}<span>openapi.json</span></a><button class="button live-only" id="theme" type="button" data-kind="quiet" data-shape="icon" aria-label="Theme" title="Theme">{sun}{moon}{monitor}</button></div></header>"##,
        braces = icon("braces", ""),
        sun = icon("sun", r#" data-theme-icon="light" hidden"#),
        moon = icon("moon", r#" data-theme-icon="dark" hidden"#),
        monitor = icon("monitor", r#" data-theme-icon="system""#),
    )
}

fn nav() -> String {
    let link = |name: &str, image: &str, address: &str| {
        format!(
            r#"<li><a class="nav__link" href="{address}" title="{name}">{}<span class="nav__label">{name}</span></a></li>"#,
            icon(image, "")
        )
    };
    format!(
        r#"<nav class="nav" aria-label="Main"><ul class="nav__list" role="list">{}{}{}</ul></nav>"#,
        link("Playground", "terminal", "/"),
        link("Runs", "history", "/runs"),
        link("Settings", "settings", "/settings/models"),
    )
}

fn icon(name: &str, more: &str) -> String {
    let shapes = app::components::icon::shapes(name);
    format!(r#"<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"{more}>{shapes}</svg>"#)
}
