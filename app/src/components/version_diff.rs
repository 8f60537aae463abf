//! Two versions side by side, or a version and the draft: every text with what differs in it, and the rest as tables.

mod draft;
mod side;

use std::sync::Arc;

use domain::change::{Changes, VersionDiff};
use domain::prompt::{About, VersionPage};
use domain::{ApiError, PromptId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::changes::Stat;
use super::describe::take_over;
use super::diff::{FactsTable, LayoutSwitch, TextSection, TwoSides, step_keys};
use super::failure::Failure;
use super::icon::Icon;
use super::prompt_menu::Archived;
use crate::api::error::PageError;
use crate::api::prompts::{describe_prompt, restore_version};
use crate::state::versions::{Opened, Side};
pub use draft::DraftDiffView;
use side::VersionsBeside;

/// Two versions on the page. Copied freely.
#[derive(Clone, Copy)]
struct Diff {
    id: PromptId,
    old: Side,
    new: Side,
    opened: Opened,
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
        let about = About { labels: [(label, self.new.version())].into(), ..About::default() };
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
    /// The prompt.
    id: PromptId,
    /// What stands on the left.
    old: Side,
    /// What stands on the right.
    new: Side,
    /// What differs.
    found: VersionDiff,
    /// All versions, the newest first.
    page: VersionPage,
    /// The server's time, in microseconds since 1970, UTC.
    now: i64,
    /// The prompt, for the page's header.
    opened: Opened,
) -> impl IntoView {
    view! {
        <main class="shell__main versions" id="main">
            <VersionsBeside id old new page now opened/>
            <Compared id old new found opened/>
        </main>
    }
    .into_any()
}

/// What differs between two, and what can be done about it.
#[component]
fn Compared(id: PromptId, old: Side, new: Side, found: VersionDiff, opened: Opened) -> impl IntoView {
    let diff = Diff {
        id,
        old,
        new,
        opened,
        restored: RwSignal::new(None),
        failed: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    step_keys();
    let changes = found.changes();
    let none = changes.rows.is_empty();
    let sides = TwoSides::new(old.name(), new.name(), true);
    let sections = found.sections.into_iter().enumerate();
    let sections = sections.map(|(place, section)| view! { <TextSection sides place section/> }).collect_view();
    let alike = format!("{} and {} say the same.", old.name(), new.name());
    view! {
        <section class="pane" role="region" aria-label="Diff">
            <Bar diff sides changes/>
            <div class="pane__body" tabindex="0" role="group" aria-label="What differs">
                <Archived opened/>
                <Said diff/>
                {none.then(|| view! { <p class="versions__none">{alike}</p> })}
                {sections}
                <FactsTable sides title="Model and parameters" label="Parameter" facts=found.settings/>
                <FactsTable sides title="Tools" label="Tool" facts=found.tools/>
                <FactsTable sides title="Default inputs" label="Variable" facts=found.inputs/>
            </div>
        </section>
    }
    .into_any()
}

/// What is compared, how it is laid out, and what can be done.
#[component]
fn Bar(diff: Diff, sides: TwoSides, changes: Changes) -> impl IntoView {
    let values = match changes.values {
        0 => String::new(),
        1 => "1 value".to_owned(),
        count => format!("{count} values"),
    };
    let both = changes.added + changes.removed > 0 && changes.values > 0;
    let (id, old, new) = (diff.id, diff.old, diff.new);
    // What a draft differs from is not out of date, and labels point at versions.
    let earlier = old.version().zip(new.version()).map(|(old, _)| old);
    let head = move || diff.opened.with(|opened| opened.as_ref().map(|base| base.head));
    let restorable = move || earlier.filter(|old| head() != Some(*old));
    let labels = move || {
        diff.opened.with(|opened| {
            let all = opened.iter().flat_map(|base| base.labels.iter());
            all.filter(|(_, at)| Some(**at) == earlier).map(|(label, _)| label.clone()).collect::<Vec<_>>()
        })
    };
    let move_label = move |label: String| {
        let text = format!("Move “{label}” to {}", new.name());
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
                {old.name()}
                <Icon name="arrow-right" small=true/>
                <span class="sr-only">" compared with "</span>
                <span class="letter" data-variant="a" aria-hidden="true">"R"</span>
                {new.name()}
            </h2>
            <span class="versions__stat faint">
                <Stat added=changes.added removed=changes.removed/>
                {both.then_some(", ")}
                {values}
            </span>
            <div class="button-group">
                <LayoutSwitch sides/>
                <a class="button" data-kind="quiet" href=format!("/p/{id}/diff/{new}..{old}")>
                    <Icon name="arrow-left-right" small=true/>
                    "Swap"
                </a>
                {move || restorable().map(|old| view! {
                    <button class="button live-only" type="button" aria-busy=move || diff.busy.get().then_some("true") on:click=move |_| diff.restore(old)>
                        <Icon name="rotate-ccw" small=true/>
                        {format!("Restore v{old}")}
                    </button>
                })}
                <span class="live-only versions__labels">{move || labels().into_iter().map(move_label).collect_view()}</span>
            </div>
        </header>
    }
    .into_any()
}

/// What was done, with the way back, and what was not done.
#[component]
fn Said(diff: Diff) -> impl IntoView {
    let old = diff.old.version();
    view! {
        <div role="status">
            {move || {
                diff.restored.get().map(|(version, before)| {
                    let back = if version == before { old.unwrap_or(before) } else { before };
                    view! {
                        <div class="undo versions__said">
                            <Icon name="rotate-ccw"/>
                            <p class="grow">
                                <b>{format!("v{version} is the newest now.")}</b>
                                {format!(" v{before} stays as it is.")}
                            </p>
                            <button class="button" data-size="sm" type="button" on:click=move |_| diff.restore(back)>
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
