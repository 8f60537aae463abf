//! The dialog "My links": everything that is shared, and how to end it.

use domain::{ApiError, Share, ShareId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::error::PageError;
use crate::api::shares::{list_shares, revoke_share};
use crate::browser;
use crate::components::copy::CopyButton;
use crate::components::dialog::{Dialog, DialogHead};
use crate::components::failure::Failure;
use crate::components::icon::Icon;
use crate::state::figures::thousands;
use crate::state::overlays::Overlay;
use crate::state::shares::{Standing, allows, ends};

/// The links, once they are there, and the moment for which it is told how they stand.
type Listed = RwSignal<Option<Result<(Vec<Share>, i64), ApiError>>>;

/// The dialog.
#[component]
pub(super) fn LinksDialog() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Links class="dialog" label="My links">
            <Links/>
        </Dialog>
    }
}

#[component]
fn Links() -> impl IntoView {
    let listed: Listed = RwSignal::new(None);
    let read = move || {
        spawn_local(async move {
            let answer = list_shares(None).await.map_err(|PageError(error)| error);
            listed.try_set(Some(answer.map(|shares| (shares, browser::time_micros()))));
        });
    };
    read();
    let note = Signal::derive(move || {
        listed.with(|listed| match listed {
            Some(Ok((shares, now))) if !shares.is_empty() => {
                let open = shares.iter().filter(|share| Standing::of(share, *now) == Standing::Open).count();
                format!("{open} open, {} closed", shares.len() - open)
            }
            _ => String::new(),
        })
    });
    let body = move || match listed.get() {
        None => view! { <p class="drafts__none" role="status">"Looking."</p> }.into_any(),
        Some(Err(error)) => view! {
            <div class="links__state">
                <Failure error>
                    <button class="button" type="button" on:click=move |_| read()>"Try again"</button>
                </Failure>
            </div>
        }
        .into_any(),
        Some(Ok((shares, _))) if shares.is_empty() => view! {
            <div class="links__state">
                <div class="empty">
                    <h3>"Nothing is shared."</h3>
                    <p>"Share a run, a version or a comparison, and its link stands here until it ends."</p>
                </div>
            </div>
        }
        .into_any(),
        Some(Ok((shares, now))) => view! { <Table shares now/> }.into_any(),
    };
    view! {
        <DialogHead title="My links" note/>
        <div class="dialog__body dialog__flush">{body}</div>
        <footer class="dialog__foot">
            <p>"Altered, ended, revoked and used-up links all get the same plain page."</p>
            <span class="grow"></span>
            <button class="button" type="button" on:click=move |_| browser::close_dialogs()>"Close"</button>
        </footer>
    }
    .into_any()
}

#[component]
fn Table(shares: Vec<Share>, now: i64) -> impl IntoView {
    let rows = shares.into_iter().map(|share| view! { <Row share now/> }).collect_view();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="My links">
            <table class="table links">
                <thead>
                    <tr>
                        <th scope="col" class="table__fill">"What"</th>
                        <th scope="col">"May"</th>
                        <th scope="col">"Ends"</th>
                        <th scope="col" data-num="">"Views"</th>
                        <th scope="col">
                            <span class="sr-only">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// What has become of a link since it was listed.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    AsListed,
    Revoked,
    /// The server did not do what was asked.
    Failed(String),
}

#[component]
fn Row(share: Share, now: i64) -> impl IntoView {
    let fate = RwSignal::new(Fate::AsListed);
    let busy = RwSignal::new(false);
    let id = share.id;
    let tell = move |revoked: bool| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = revoke_share(id, revoked).await;
            if busy.try_set(false).is_some() {
                return;
            }
            fate.set(match answer {
                Ok(()) if revoked => Fate::Revoked,
                Ok(()) => Fate::AsListed,
                Err(PageError(error)) => Fate::Failed(error.to_string()),
            });
            browser::focus_soon(button_id(id));
        });
    };
    let share = StoredValue::new(share);
    let listed = move || {
        let said = match fate.get() {
            Fate::Failed(why) => Some(why),
            _ => None,
        };
        view! { <Cells share=share.get_value() now busy said on_revoke=Callback::new(move |()| tell(true))/> }
    };
    let revoked = move || {
        let title = share.with_value(|share| share.title.clone());
        view! {
            <td colspan="5">
                <div class="undo">
                    <Icon name="link"/>
                    <p role="status" class="grow">
                        <b>"The link to " <bdi>{title}</bdi> " is revoked."</b>
                        " It answers “not found” from now on."
                    </p>
                    <button class="button" data-size="sm" type="button" id=button_id(id) on:click=move |_| tell(false)>"Undo"</button>
                </div>
            </td>
        }
    };
    let is_off =
        move || fate.get() != Fate::Revoked && share.with_value(|share| Standing::of(share, now)) != Standing::Open;
    view! {
        <tr data-off=move || is_off().then_some("") class:table__prose=move || fate.get() == Fate::Revoked>
            <Show when=move || fate.get() == Fate::Revoked fallback=listed>
                {revoked()}
            </Show>
        </tr>
    }
    .into_any()
}

fn button_id(id: ShareId) -> String {
    format!("link-{id}")
}

/// A link as it was listed.
#[component]
fn Cells(share: Share, now: i64, busy: RwSignal<bool>, said: Option<String>, on_revoke: Callback<()>) -> impl IntoView {
    let id = share.id;
    let is_open = Standing::of(&share, now) == Standing::Open;
    let lock = share.passphrase.then(|| {
        view! {
            <span title="Needs a passphrase">
                <Icon name="lock" small=true/>
                <span class="sr-only">"needs a passphrase"</span>
            </span>
        }
    });
    let deeds = is_open.then(|| {
        let url = share.url.clone();
        view! {
            <span class="links__deeds">
                <CopyButton label="Copy the link" text=move |()| url.clone()/>
                <button
                    class="button"
                    data-size="sm"
                    type="button"
                    id=button_id(id)
                    aria-label=format!("Revoke the link to {}", share.title)
                    aria-busy=move || busy.get().then_some("true")
                    on:click=move |_| on_revoke.run(())
                >
                    "Revoke"
                </button>
            </span>
        }
    });
    let nothing = (!is_open).then(|| view! { <span class="faint">"–"</span> });
    view! {
        <th scope="row" class="table__fill" title=share.title.clone()>
            <bdi>{share.title.clone()}</bdi>
            " "
            {lock}
            {said.map(|said| view! { <p class="field__error" role="alert">{said}</p> })}
        </th>
        <td class="soft">{allows(&share)}</td>
        <td class="soft">{ends(&share, now)}</td>
        <td data-num="">{thousands(u64::from(share.views))}</td>
        <td data-num="">{deeds} {nothing}</td>
    }
    .into_any()
}
