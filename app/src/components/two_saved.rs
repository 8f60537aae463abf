//! The dialog "Two people saved": both versions are kept, and it offers to make one of them.

use domain::merge::{Outcome, Pick, Spot};
use domain::{ApiError, Preset};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::dialog::{Dialog, DialogHead};
use super::failure::Failure;
use crate::api::error::PageError;
use crate::api::prompts::get_prompt;
use crate::api::versions::{Offer, merge_versions, save_merge};
use crate::browser;
use crate::state::desk::Desk;
use crate::state::overlays::{Overlay, Overlays};
use crate::state::versions::Clash;
use crate::state::when;

/// The dialog.
#[component]
pub fn TwoSavedDialog() -> impl IntoView {
    view! {
        <Dialog overlay=Overlay::Merge class="dialog" size="lg" label="Two people saved">
            <TwoSaved/>
        </Dialog>
    }
}

#[component]
fn TwoSaved() -> impl IntoView {
    let overlays = expect_context::<Overlays>();
    let desk = overlays.desk.get_untracked();
    let Some((desk, clash)) = desk.and_then(|desk| Some((desk, desk.clash.get_untracked()?))) else {
        return ().into_any();
    };
    let offer = RwSignal::new(None::<Result<Offer, ApiError>>);
    spawn_local(async move {
        let answer = merge_versions(clash.prompt, clash.parent, clash.theirs, clash.yours).await;
        offer.try_set(Some(answer.map_err(|PageError(error)| error)));
    });
    let shown = move || match offer.get() {
        None => view! {
            <Told clash who="Somebody else".to_owned()/>
            <p class="dialog__body faint" role="status">"Comparing both with what they were made of."</p>
            <KeepBoth/>
        }
        .into_any(),
        Some(Err(error)) => view! {
            <Told clash who="Somebody else".to_owned()/>
            <div class="dialog__body">
                <Failure error/>
            </div>
            <KeepBoth/>
        }
        .into_any(),
        Some(Ok(offer)) => view! { <Offered desk clash offer/> }.into_any(),
    };
    view! {
        <DialogHead title=format!("Two people saved from v{}", clash.parent)/>
        {shown}
    }
    .into_any()
}

#[component]
fn Told(clash: Clash, who: String) -> impl IntoView {
    view! {
        <p class="dialog__lead soft">
            "Yours is saved as " <b>{format!("v{}", clash.yours)}</b>
            {format!(". {who} saved v{} from the same version before. Both are kept; nothing is lost whatever you choose.", clash.theirs)}
        </p>
    }
}

#[component]
fn KeepBoth() -> impl IntoView {
    view! {
        <footer class="dialog__foot">
            <span class="grow"></span>
            <button class="button" type="button" autofocus=true on:click=move |_| browser::close_dialogs()>"Keep both"</button>
        </footer>
    }
}

#[component]
fn Offered(desk: Desk, clash: Clash, offer: Offer) -> impl IntoView {
    let Offer { theirs, yours, spots } = offer;
    let clashes = spots.iter().filter(|spot| spot.outcome == Outcome::Clash).count();
    let apart = spots.len() - clashes;
    let picks = RwSignal::new(vec![Pick::default(); clashes]);
    let (saving, failed) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let next = yours.head.max(theirs.head).max(clash.yours) + 1;
    let merge = move |_| {
        if saving.get_untracked() {
            return;
        }
        saving.set(true);
        failed.set(None);
        spawn_local(async move {
            let done = save(desk, clash, picks.get_untracked()).await;
            saving.try_set(false);
            match done {
                Ok(()) => browser::close_dialogs(),
                Err(error) => _ = failed.try_set(Some(error)),
            }
        });
    };
    let who = if theirs.author == yours.author { "Another tab".to_owned() } else { theirs.author.clone() };
    let mut nth = 0;
    let rows = spots.into_iter().map(|spot| {
        let own = (spot.outcome == Outcome::Clash).then_some(nth);
        nth += usize::from(own.is_some());
        view! { <Line spot own picks/> }
    });
    let rows = rows.collect_view();
    let (id, left, right) = (clash.prompt, clash.theirs, clash.yours);
    view! {
        <div class="dialog__body dialog__stack">
            <Told clash who/>
            {move || failed.get().map(|error| view! { <Failure error/> })}
            <div class="sides">
                <Side version=theirs variant="b" word="theirs"/>
                <Side version=yours variant="a" word="yours"/>
            </div>
            <section>
                <h3>{counted(apart, clashes)}</h3>
                <table class="table merge">
                    <thead>
                        <tr>
                            <th scope="col">"Where"</th>
                            <th scope="col">"Theirs"</th>
                            <th scope="col">"Yours"</th>
                            <th scope="col">"Merged"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        </div>
        <footer class="dialog__foot">
            <a class="button" data-kind="quiet" href=format!("/p/{id}/diff/{left}..{right}") on:click=move |_| browser::close_dialogs()>
                "Show the diff"
            </a>
            <span class="grow"></span>
            <button class="button" type="button" on:click=move |_| browser::close_dialogs()>"Keep both"</button>
            <button
                class="button"
                data-kind="primary"
                type="button"
                autofocus=true
                aria-busy=move || saving.get().then_some("true")
                on:click=merge
            >
                {format!("Save the merge as v{next}")}
            </button>
        </footer>
    }
    .into_any()
}

async fn save(desk: Desk, clash: Clash, picks: Vec<Pick>) -> Result<(), ApiError> {
    let saved = save_merge(clash.prompt, clash.parent, clash.theirs, clash.yours, picks).await;
    let saved = saved.map_err(|PageError(error)| error)?;
    let preset = get_prompt(saved.id, Some(saved.version)).await.map_err(|PageError(error)| error)?;
    if desk.draft.try_read_untracked().is_some() {
        desk.clash.set(None);
        desk.take_version(preset);
        desk.told.set(format!("Merged as v{}.", saved.version));
    }
    Ok(())
}

fn counted(apart: usize, clashes: usize) -> String {
    let changes = if apart == 1 { "1 change is apart".to_owned() } else { format!("{apart} changes are apart") };
    match clashes {
        0 => format!("{changes}: they merge by themselves"),
        1 => format!("{changes}, 1 is in the same place"),
        more => format!("{changes}, {more} are in the same place"),
    }
}

/// One of the two versions.
#[component]
fn Side(version: Preset, variant: &'static str, word: &'static str) -> impl IntoView {
    let note = if version.note.is_empty() { "No note".to_owned() } else { format!("“{}”", version.note) };
    view! {
        <article class="side">
            <header class="side__head">
                <span class="letter" data-variant=variant aria-hidden="true">{variant.to_uppercase()}</span>
                <b>{format!("v{}", version.version)}</b>
                <span class="badge" data-tone=(word == "yours").then_some("accent")>{word}</span>
                <time class="side__when" datetime=when::iso(version.saved_at) title=when::utc(version.saved_at)>
                    {format!("{}, {}", when::utc(version.saved_at), version.author)}
                </time>
            </header>
            <p class="side__text">{note}</p>
        </article>
    }
}

/// A spot that one or both have changed; where both have, a choice.
#[component]
fn Line(spot: Spot, own: Option<usize>, picks: RwSignal<Vec<Pick>>) -> impl IntoView {
    let side = |text: Option<String>| match text {
        Some(text) => view! { <td><ins>{text}</ins></td> }.into_any(),
        None => view! { <td class="faint"><span>"as before"</span></td> }.into_any(),
    };
    let merged = match own {
        None => {
            let (word, tone) = match spot.outcome {
                Outcome::Theirs => ("theirs", None),
                Outcome::Alike => ("both alike", None),
                Outcome::Yours | Outcome::Clash => ("yours", Some("accent")),
            };
            view! { <span class="badge" data-tone=tone>{word}</span> }.into_any()
        }
        Some(nth) => view! { <Choice name=spot.name.clone() nth both=spot.takes_both picks/> }.into_any(),
    };
    view! {
        <tr data-clash=own.map(|_| "")>
            <th scope="row">{spot.name}</th>
            {side(spot.theirs)}
            {side(spot.yours)}
            <td>{merged}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Choice(name: String, nth: usize, both: bool, picks: RwSignal<Vec<Pick>>) -> impl IntoView {
    let group = format!("merge-{nth}");
    let all = [("Theirs", Pick::Theirs), ("Yours", Pick::Yours), ("Both", Pick::Both)];
    let items = all.into_iter().filter(|(_, pick)| both || *pick != Pick::Both).map(|(word, pick)| {
        let chosen = move || picks.with(|picks| picks.get(nth) == Some(&pick));
        let choose = move |_| {
            picks.update(|picks| {
                if let Some(own) = picks.get_mut(nth) {
                    *own = pick;
                }
            });
        };
        view! {
            <label class="segmented__item">
                <input type="radio" name=group.clone() prop:checked=chosen on:change=choose/>
                {word}
            </label>
        }
    });
    let items = items.collect_view();
    view! { <div class="segmented" role="radiogroup" aria-label=name>{items}</div> }
}
