//! Two versions side by side: every text with what differs in it, and the rest as tables.

mod facts;
mod side;
mod text;

use std::sync::Arc;

use domain::change::{Changes, Section, What};
use domain::prompt::{About, VersionPage};
use domain::{ApiError, PromptId};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::changes::Stat;
use super::describe::take_over;
use super::failure::Failure;
use super::icon::Icon;
use super::prompt_menu::Archived;
use crate::api::error::PageError;
use crate::api::prompts::{describe_prompt, restore_version};
use crate::api::versions::Sides;
use crate::browser;
use crate::browser::diffs::step_diff;
use crate::state::versions::Opened;
use facts::FactsTable;
use side::VersionsBeside;
use text::DiffText;

/// Under which name the tab remembers how texts are laid out.
const VIEW_KEY: &str = "etude.diff-view";

/// Two versions on the page. Copied freely.
#[derive(Clone, Copy)]
struct Diff {
    id: PromptId,
    old: u32,
    new: u32,
    opened: Opened,
    /// Whether texts stand in one column.
    unified: RwSignal<bool>,
    /// A version that was restored here: its number, and what was the newest before.
    restored: RwSignal<Option<(u32, u32)>>,
    failed: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
}

impl Diff {
    fn restore(self, version: u32) {
        if self.busy.get_untracked() {
            return;
        }
        let before = self.opened.with_untracked(|opened| opened.as_ref().map_or(0, |base| base.head));
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let answer = restore_version(self.id, version).await;
            self.busy.try_set(false);
            match answer {
                Ok(saved) => {
                    self.restored.try_set(Some((saved.version, before)));
                    self.opened.try_update(|opened| {
                        if let Some(base) = opened {
                            let base = Arc::make_mut(base);
                            (base.head, base.version) = (saved.version, saved.version);
                        }
                    });
                }
                Err(PageError(error)) => _ = self.failed.try_set(Some(error)),
            }
        });
    }

    fn move_label(self, label: String) {
        let about = About { labels: [(label, Some(self.new))].into(), ..About::default() };
        spawn_local(async move {
            match describe_prompt(self.id, about).await {
                Ok(preset) => take_over(self.opened, preset),
                Err(PageError(error)) => _ = self.failed.try_set(Some(error)),
            }
        });
    }
}

/// The versions beside, and the two that are compared.
#[component]
pub fn VersionDiffView(
    /// The versions that are compared.
    sides: Sides,
    /// All versions, the newest first.
    page: VersionPage,
    /// The server's time, in microseconds since 1970, UTC.
    now: i64,
    /// The prompt, for the page's header.
    opened: Opened,
) -> impl IntoView {
    let diff = Diff {
        id: sides.new.id,
        old: sides.old.version,
        new: sides.new.version,
        opened,
        unified: RwSignal::new(false),
        restored: RwSignal::new(None),
        failed: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    Effect::new(move || diff.unified.set(browser::remembered(VIEW_KEY).as_deref() == Some("unified")));
    keys();
    let changes = sides.diff.changes();
    let none = changes.rows.is_empty();
    let Sides { diff: found, .. } = sides;
    let (old, new) = (diff.old, diff.new);
    let sections = found.sections.into_iter().enumerate();
    let sections = sections.map(|(place, section)| view! { <TextSection diff place section/> }).collect_view();
    view! {
        <main class="shell__main versions" id="main">
            <VersionsBeside id=diff.id old new page now opened/>
            <section class="pane" role="region" aria-label="Diff">
                <Bar diff changes/>
                <div class="pane__body" tabindex="0" role="group" aria-label="What differs">
                    <Archived opened/>
                    <Said diff/>
                    {none.then(|| view! { <p class="versions__none">{format!("v{old} and v{new} say the same.")}</p> })}
                    {sections}
                    <FactsTable title="Model and parameters" label="Parameter" facts=found.settings old new/>
                    <FactsTable title="Tools" label="Tool" facts=found.tools old new/>
                    <FactsTable title="Default inputs" label="Variable" facts=found.inputs old new/>
                </div>
            </section>
        </main>
    }
    .into_any()
}

/// What is compared, how it is laid out, and what can be done.
#[component]
fn Bar(diff: Diff, changes: Changes) -> impl IntoView {
    let values = match changes.values {
        0 => String::new(),
        1 => "1 value".to_owned(),
        count => format!("{count} values"),
    };
    let both = changes.added + changes.removed > 0 && changes.values > 0;
    let layout = |word: &'static str, unified: bool| {
        let choose = move |_| {
            diff.unified.set(unified);
            browser::remember(VIEW_KEY, if unified { "unified" } else { "split" });
        };
        view! {
            <label class="segmented__item">
                <input type="radio" name="diff-view" prop:checked=move || diff.unified.get() == unified on:change=choose/>
                {word}
            </label>
        }
    };
    let (id, old, new) = (diff.id, diff.old, diff.new);
    let is_head = move || diff.opened.with(|opened| opened.as_ref().is_some_and(|base| base.head == old));
    let labels = move || {
        diff.opened.with(|opened| {
            let all = opened.iter().flat_map(|base| base.labels.iter());
            all.filter(|(_, at)| **at == old).map(|(label, _)| label.clone()).collect::<Vec<_>>()
        })
    };
    let move_label = move |label: String| {
        let text = format!("Move “{label}” to v{new}");
        view! {
            <button class="button" type="button" on:click=move |_| diff.move_label(label.clone())>
                <Icon name="tag" small=true/>
                {text}
            </button>
        }
    };
    view! {
        <header class="versions__bar">
            <h2>
                <span class="letter" data-variant="b" aria-hidden="true">"L"</span>
                {format!("v{old}")}
                <Icon name="arrow-right" small=true/>
                <span class="sr-only">" compared with "</span>
                <span class="letter" data-variant="a" aria-hidden="true">"R"</span>
                {format!("v{new}")}
            </h2>
            <span class="versions__stat faint">
                <Stat added=changes.added removed=changes.removed/>
                {both.then_some(", ")}
                {values}
            </span>
            <div class="button-group">
                <div class="segmented live-only" role="radiogroup" aria-label="Diff layout">{layout("Split", false)}{layout("Unified", true)}</div>
                <a class="button" data-kind="quiet" href=format!("/p/{id}/diff/{new}..{old}")>
                    <Icon name="arrow-left-right" small=true/>
                    "Swap"
                </a>
                <Show when=move || !is_head()>
                    <button class="button live-only" type="button" aria-busy=move || diff.busy.get().then_some("true") on:click=move |_| diff.restore(old)>
                        <Icon name="rotate-ccw" small=true/>
                        {format!("Restore v{old}")}
                    </button>
                </Show>
                <span class="live-only versions__labels">{move || labels().into_iter().map(move_label).collect_view()}</span>
            </div>
        </header>
    }
    .into_any()
}

/// What was done, with the way back, and what was not done.
#[component]
fn Said(diff: Diff) -> impl IntoView {
    let old = diff.old;
    view! {
        <div role="status">
            {move || {
                diff.restored.get().map(|(version, before)| {
                    view! {
                        <div class="undo versions__said">
                            <Icon name="rotate-ccw"/>
                            <p class="grow">
                                <b>{format!("v{version} is the newest now.")}</b>
                                {format!(" v{before} stays as it is.")}
                            </p>
                            <button class="button" data-size="sm" type="button" on:click=move |_| diff.restore(if version == before { old } else { before })>
                                "Undo"
                            </button>
                        </div>
                    }
                })
            }}
        </div>
        {move || {
            diff.failed.get().map(|error| {
                view! {
                    <div class="trouble">
                        <Failure error>
                            <button class="button" type="button" on:click=move |_| diff.failed.set(None)>"Close"</button>
                        </Failure>
                    </div>
                }
            })
        }}
    }
    .into_any()
}

/// A text with what became of it.
#[component]
fn TextSection(diff: Diff, place: usize, section: Section) -> impl IntoView {
    let (added, removed) = (section.diff.added_lines, section.diff.removed_lines);
    let said = match section.what {
        What::Same => Some("unchanged".to_owned()),
        What::Changed => None,
        What::Added => Some("new".to_owned()),
        What::Gone => Some("removed".to_owned()),
        What::Moved(from) => Some(format!("moved, was number {from}")),
    };
    let coarse = section.diff.is_coarse;
    let beside = section.beside.clone();
    let (old, new) = (diff.old, diff.new);
    let body = (!section.diff.hunks.is_empty()).then(|| view! { <DiffText diff place section=section.clone()/> });
    view! {
        <section class="diff-section">
            <header class="diff-section__head">
                <h3>{section.title.clone()}</h3>
                <Stat added removed/>
                {said.map(|said| view! { <span class="faint">{said}</span> })}
                {coarse.then(|| view! { <span class="faint">"very different: more is marked than changed"</span> })}
            </header>
            {body}
            {(!beside.is_empty()).then(|| view! { <FactsTable title="" label="Beside the text" facts=beside old new/> })}
        </section>
    }
    .into_any()
}

/// N goes to the next difference, with Shift to the one before.
fn keys() {
    let press = move |event: KeyboardEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        let typing = browser::is_typing() || browser::has_dialog() || !browser::single_keys();
        if plain
            && !event.is_composing()
            && !event.default_prevented()
            && !typing
            && event.key().eq_ignore_ascii_case("n")
        {
            event.prevent_default();
            step_diff(!event.shift_key());
        }
    };
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::keydown, press);
        on_cleanup(move || handle.remove());
    });
}
