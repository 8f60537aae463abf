//! One line under the header about the whole page: that the server cannot be reached, and that it is back.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::Icon;
use crate::browser;
use crate::live::{Link, Live};

/// How long the first connection may take before the page says so, in milliseconds.
const OPENING_MS_MAX: f64 = 3_000.0;
/// How long a connection may be away before the page says so, in milliseconds.
const LOST_MS_MAX: f64 = 700.0;
/// How long it is said that the connection is back, in milliseconds.
const BACK_MS: f64 = 6_000.0;
/// How often the banner looks at the clock.
const TICK: Duration = Duration::from_millis(250);

/// What there is to say.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Nothing,
    NotOpen,
    Lost { retry_s: Option<u32> },
    Back { after_s: u32 },
    Older,
}

/// Says that the connection is gone, and that it is back.
#[component]
pub fn Banner() -> impl IntoView {
    let live = expect_context::<Live>();
    let said = RwSignal::new(Said::Nothing);
    let lost_at = StoredValue::new(None::<f64>);
    let look = move || {
        let next = say(live, lost_at, browser::now_ms());
        if said.get_untracked() != next {
            said.set(next);
        }
    };
    Effect::new(move || {
        let timer = set_interval_with_handle(look, TICK).ok();
        on_cleanup(move || timer.iter().for_each(|timer| timer.clear()));
    });
    let tone = move || match said.get() {
        Said::Back { .. } => "ok",
        Said::Older => "plain",
        _ => "warn",
    };
    let icon = Signal::derive(move || match tone() {
        "ok" => "check",
        "plain" => "refresh-cw",
        _ => "wifi-off",
    });
    let title = move || match said.get() {
        Said::Nothing => String::new(),
        Said::NotOpen => "Not connected yet.".into(),
        Said::Lost { .. } => "Offline.".into(),
        Said::Back { after_s } => format!("Back after {after_s} s."),
        Said::Older => "This tab is of an older build.".into(),
    };
    let text = move || match said.get() {
        Said::Nothing => "",
        Said::NotOpen => "What is run now is kept and sent as soon as the server answers.",
        Said::Lost { .. } => "This page cannot reach the server. What is shown and what you type is kept here.",
        Said::Back { .. } => "Everything on this page is caught up.",
        Said::Older => "The server was updated. The draft stays as it is, and so do running runs.",
    };
    let next = move || match said.get() {
        Said::Lost { retry_s: Some(seconds) } => format!("Next try in 0:{seconds:02}."),
        Said::Lost { retry_s: None } => "Trying now.".into(),
        _ => String::new(),
    };
    // The live region itself is always there: one that appears with its text is often not read out.
    view! {
        <div class="banner-place" role="status">
            <Show when=move || said.get() != Said::Nothing>
                <div class="banner" data-tone=tone>
                    <Icon name=icon/>
                    <p>
                        <b>{title}</b>
                        " "
                        <span>{text}</span>
                        " "
                        <span class="num" aria-hidden="true">{next}</span>
                    </p>
                    <Show when=move || matches!(said.get(), Said::Lost { .. })>
                        <button class="button" data-size="sm" type="button" on:click=move |_| live.retry()>
                            "Try now"
                        </button>
                    </Show>
                    <Show when=move || said.get() == Said::Older>
                        <button class="button" data-size="sm" type="button" on:click=move |_| browser::reload()>
                            "Reload"
                        </button>
                    </Show>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

fn say(live: Live, lost_at: StoredValue<Option<f64>>, now: f64) -> Said {
    let since = live.since.get_untracked();
    match live.link.get_untracked() {
        Link::Opening if now - since > OPENING_MS_MAX => Said::NotOpen,
        Link::Opening => Said::Nothing,
        Link::Lost { .. } if now - since <= LOST_MS_MAX => Said::Nothing,
        Link::Lost { retry_at } => {
            lost_at.set_value(Some(since));
            let retry_s =
                retry_at.map(|at| ((at - now) / 1000.0).ceil().max(0.0) as u32).filter(|seconds| *seconds > 0);
            Said::Lost { retry_s }
        }
        Link::Open => match lost_at.get_value() {
            Some(lost) if now - since < BACK_MS => Said::Back { after_s: ((since - lost) / 1000.0).ceil() as u32 },
            _ => {
                lost_at.set_value(None);
                if live.newer.get_untracked() { Said::Older } else { Said::Nothing }
            }
        },
        Link::Resting => Said::Nothing,
    }
}
