//! The HTML document around a page.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::App;
use crate::browser::{DRAFT_KEY, NAV_KEY, THEME_KEY};

/// Sets the theme and the width of the navigation before anything is painted: an external script would come too late.
fn theme_script() -> String {
    format!(
        "try{{let r=document.documentElement.dataset,t=localStorage.getItem('{THEME_KEY}');\
         if(t=='light'||t=='dark')r.theme=t;if(localStorage.getItem('{NAV_KEY}')=='open')r.nav='open';\
         if(sessionStorage.getItem('{DRAFT_KEY}'))r.restoring=''}}catch{{}}"
    )
}

/// The document that every page is rendered into.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::csp::protect();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <Common options=options.clone()/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options=options.clone()/>
                <PartsLoader options=options.clone()/>
                <Islands options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// What stands in every document's head.
#[component]
fn Common(options: LeptosOptions) -> impl IntoView {
    let stylesheet = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
        <meta name="color-scheme" content="light dark"/>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
        <link rel="icon" href="/favicon.ico" sizes="32x32"/>
        <link rel="preload" href="/fonts/inter.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
        <link rel="preload" href="/fonts/jetbrains-mono.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
        <link rel="stylesheet" id="leptos" href=stylesheet/>
        <script nonce=use_nonce() inner_html=theme_script()></script>
    }
}

/// Fetches what the page's script asks for first, at once: the script that loads the parts (`parts.rs`).
#[component]
fn PartsLoader(options: LeptosOptions) -> impl IntoView {
    // `cargo leptos watch` calls it otherwise.
    let is_watched = std::env::var_os("LEPTOS_WATCH").is_some();
    let address = format!("/{}/parts.js", options.site_pkg_dir);
    (!is_watched).then(|| view! { <link rel="modulepreload" href=address crossorigin="anonymous" nonce=use_nonce()/> })
}

/// The scripts that make more of what is there: the editor, the colours of code, the formulas. Nothing waits for them.
#[component]
fn Islands(options: LeptosOptions) -> impl IntoView {
    let script = |name: &str| {
        let address = format!("/{}/islands/{name}.js", options.site_pkg_dir);
        view! { <script type="module" src=address nonce=use_nonce()></script> }
    };
    ["editor", "code", "diff", "math"].map(script).into_iter().collect_view()
}

/// The playground as a form without JavaScript gets it back when its run is refused: what was typed, and why.
#[cfg(feature = "ssr")]
pub(crate) fn refused_document(
    models: Vec<domain::ModelInfo>,
    draft: crate::state::draft::Draft,
    refusal: crate::state::compose::Refusal,
) -> String {
    use crate::components::workbench::Workbench;
    use crate::state::desk::{Desk, Pane};
    use crate::state::run::RunState;

    // A page gets its nonce from the router, a server function gets none.
    provide_nonce();
    crate::csp::protect();
    let options = use_context::<LeptosOptions>().unwrap_or_else(|| {
        LeptosOptions::builder().output_name(option_env!("LEPTOS_OUTPUT_NAME").unwrap_or("etude")).build()
    });
    let live = crate::live::Live::default();
    provide_context(live);
    provide_context(crate::state::overlays::Overlays::default());
    provide_context(crate::state::spent::Session::of_tab());
    let run = RunState::default();
    run.refuse(refusal);
    let desk = Desk::new(models, draft, run, live);
    desk.pane.set(Pane::Output);
    let document = view! {
        <html lang="en">
            <head>
                <title>"Not run · Etude"</title>
                <Common options/>
            </head>
            <body>
                <Workbench desk/>
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", document.to_html())
}
