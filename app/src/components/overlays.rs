//! Everything that can lie over a page, and the keys that open it.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::describe::DescribeDialog;
use super::dialog::{Dialog, DialogHead};
use super::keys::{AllKeys, SingleKeys};
use super::lost_drafts::LostDrafts;
use super::palette::Palettes;
use super::save::SaveDialog;
use super::two_saved::TwoSavedDialog;
use crate::parts::Part;
use crate::state::overlays::{Overlay, Overlays};
use crate::{browser, parts};

/// The keys of every page, and the dialogs once their code is there.
#[component]
pub fn OverThePage() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    overlays.look();
    keys(overlays);
    let missed = RwSignal::new(None);
    (
        by_and_by(missed, |overlay| !overlay.carries() && overlay != Overlay::Missing, parts::dialogs),
        by_and_by(missed, Overlay::carries, parts::carrying),
        view! { <Missing missed/> },
    )
}

/// Dialogs whose code comes in a file of its own. One that is opened before it has come opens when it does; where it did
/// not come, it is the one that was missed, and asked for again with the next.
fn by_and_by<F>(missed: RwSignal<Option<Overlay>>, is_in_it: fn(Overlay) -> bool, bring: fn() -> F) -> impl IntoView
where
    F: Future<Output = Part<AnyView>> + Send + 'static,
{
    let overlays = expect_context::<Overlays>();
    let (asked, there) = (RwSignal::new(0_u32), RwSignal::new(false));
    let ask = move || {
        if !there.get_untracked() {
            asked.update(|asked| *asked += 1);
        }
    };
    Effect::new(move || parts::later(ask));
    Effect::new(move || {
        if overlays.open.get().is_some_and(is_in_it) {
            ask();
        }
    });
    let dialogs = move || async move {
        let dialogs = bring().await.ok();
        let wanted = overlays.open.get_untracked().filter(|overlay| is_in_it(*overlay));
        if dialogs.is_some() {
            there.set(true);
        } else if wanted.is_some() {
            missed.set(wanted);
            overlays.show(Overlay::Missing);
        }
        dialogs
    };
    move || (asked.get() > 0).then(|| Suspend::new(dialogs()))
}

/// What opens in the place of a dialog whose code did not come.
#[component]
fn Missing(missed: RwSignal<Option<Overlay>>) -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let again = move |_| {
        if let Some(wanted) = missed.get_untracked() {
            overlays.show(wanted);
        }
    };
    view! {
        <Dialog overlay=Overlay::Missing class="dialog" size="sm" label="It did not open">
            <DialogHead title="It did not open"/>
            <div class="dialog__body">
                <p role="alert">"Its code did not come: the server is away, or was updated. What you typed is kept."</p>
            </div>
            <footer class="dialog__foot">
                <a class="button" href="" rel="external">"Load the page again"</a>
                <button class="button" data-kind="primary" type="button" on:click=again>"Try again"</button>
            </footer>
        </Dialog>
    }
}

/// The dialogs of every page.
#[component]
pub fn Dialogs() -> impl IntoView {
    view! {
        <Palettes/>
        <Dialog overlay=Overlay::Shortcuts class="dialog shortcuts" label="Keyboard shortcuts">
            <DialogHead title="Keyboard shortcuts"/>
            <div class="dialog__body" tabindex="0" role="group" aria-label="Shortcuts">
                <AllKeys/>
            </div>
            <footer class="shortcuts__foot">
                <span>"Single keys work outside of fields, and never while an input method is composing."</span>
                <SingleKeys/>
            </footer>
        </Dialog>
        <LostDrafts/>
        <SaveDialog/>
        <DescribeDialog/>
        <TwoSavedDialog/>
    }
}

/// Keys that every page has. None acts while an input method is composing.
fn keys(overlays: Overlays) {
    let press = move |event: KeyboardEvent| {
        if event.is_composing() || event.key_code() == 229 || event.default_prevented() {
            return;
        }
        // On a Mac, Control with a letter is the system's: it moves in the text.
        let main = if overlays.apple.get_untracked() { event.meta_key() } else { event.ctrl_key() || event.meta_key() };
        let main = main && !event.alt_key();
        let (main, shifted) = (main && !event.shift_key(), main && event.shift_key());
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        match event.key().as_str() {
            "k" | "K" if main && overlays.open.get_untracked() == Some(Overlay::Commands) => browser::close_dialogs(),
            "k" | "K" if main => overlays.show(Overlay::Commands),
            "/" if main => overlays.show(Overlay::Shortcuts),
            "b" | "B" if main => browser::turn_nav(),
            "e" | "E" if shifted && overlays.has_code() => overlays.show(Overlay::Code),
            "?" if plain && overlays.single_keys.get_untracked() && !browser::is_typing() => {
                overlays.show(Overlay::Shortcuts)
            }
            _ => return,
        }
        event.prevent_default();
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}
