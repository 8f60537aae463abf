//! The two versions that are picked, and the way to compare them.

use domain::change::Changes;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::changes::Stat;
use super::super::icon::Icon;
use super::super::keys::Keys;
use super::{COMPARE_ID, History};
use crate::api::versions::version_changes;
use crate::state::history::diff_address;

/// What is picked, and the way to compare it.
#[component]
pub fn Picked(history: History) -> impl IntoView {
    let changes = RwSignal::new(None::<Changes>);
    Effect::new(move || {
        let picked = history.picked.get();
        changes.set(None);
        if let [one, other] = picked[..] {
            spawn_local(async move {
                let answer = version_changes(history.id, one.min(other), one.max(other)).await;
                // The answer about other versions is none about these.
                if let Ok(found) = answer
                    && history.picked.try_get_untracked().is_some_and(|picked| picked[..] == [one, other])
                {
                    changes.try_set(Some(found));
                }
            });
        }
    });
    let words = move || match history.picked.get()[..] {
        [one] => view! { <b>{format!("v{one}")}</b> " picked, pick another to compare" }.into_any(),
        [one, other] => view! {
            <b>{format!("v{}", one.min(other))}</b> " and " <b>{format!("v{}", one.max(other))}</b> " picked"
        }
        .into_any(),
        _ => ().into_any(),
    };
    let compare = move || match history.picked.get()[..] {
        [one, other] => {
            let address = diff_address(history.id, one, other);
            Some(view! {
                <a class="button" id=COMPARE_ID href=address>
                    <Icon name="git-compare" small=true/>
                    "Compare"
                    <span class="keys-only" aria-hidden="true">
                        <Keys keys=&["D"]/>
                    </span>
                </a>
            })
        }
        _ => None,
    };
    let any = Memo::new(move |_| history.picked.with(|picked| !picked.is_empty()));
    view! {
        <Show when=move || any.get()>
            <footer class="picked" role="group" aria-label="Picked versions">
                <span class="num" role="status">{words}</span>
                {move || {
                    changes.get().map(|found| {
                        let values = match found.values {
                            0 => String::new(),
                            1 => "1 value".to_owned(),
                            count => format!("{count} values"),
                        };
                        let both = found.added + found.removed > 0 && found.values > 0;
                        view! {
                            <span class="faint wide-only">
                                <Stat added=found.added removed=found.removed/>
                                {both.then_some(", ")}
                                {values}
                            </span>
                        }
                    })
                }}
                <span class="grow"></span>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| history.picked.set(Vec::new())>"Clear"</button>
                {compare}
            </footer>
        </Show>
    }
    .into_any()
}
