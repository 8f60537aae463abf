//! Under the prompt: about how many tokens it has, what the run will cost, and whether the draft is kept.

use std::time::Duration;

use domain::prompt::OutputBand;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icon::Icon;
use crate::api::prompts::band_of_prompt;
use crate::api::runs::count_tokens;
use crate::drafts::Kept;
use crate::state::compose::Fix;
use crate::state::desk::Desk;
use crate::state::draft::DraftStoreFields;
use crate::state::forecast::{Counted, Forecast, Weight, forecast};
use crate::state::models::EMBEDDED;
use crate::state::settings::Param;
use crate::state::spent::Session;

/// How long the keys must rest before tokens are counted.
const REST: Duration = Duration::from_millis(400);

/// The foot of the prompt's pane.
#[component]
pub fn PromptFoot(
    /// What is about to run.
    desk: Desk,
) -> impl IntoView {
    let weight = weight(desk);
    let counted = counted(desk, weight);
    let band = band(desk);
    let about = Memo::new(move |_| {
        let model = desk.model();
        desk.draft.settings().track();
        forecast(&desk.draft.read_untracked(), &model, weight.get(), counted.get(), band.get())
    });
    let unfilled = Memo::new(move |_| {
        weight.track();
        desk.draft.read_untracked().unfilled()
    });
    let title = move || match about.with(|about| about.based_on.clone()) {
        Some(on) => format!("Forecast of this run: {on}"),
        None => "Forecast of this run".to_owned(),
    };
    let said = move || desk.kept.get();
    let session = expect_context::<Session>();
    session.count(desk.run);
    let spent = move || {
        let spent = session.spent();
        spent
            .said()
            .map(|said| view! { <p class="prompt-foot__spent faint nowrap num" title=spent.meaning()>{said}</p> })
    };
    view! {
        <footer class="pane__foot prompt-foot">
            <p class="forecast" id="forecast" title=title>
                <Icon name="gauge" small=true/>
                <span>{move || format!("{} tokens in", about.with(|about| about.tokens_in.clone()))}</span>
                <span class="forecast__sep" aria-hidden="true">"·"</span>
                <span>{move || format!("{} out", about.with(|about| about.tokens_out.clone()))}</span>
                <span class="forecast__sep" aria-hidden="true">"·"</span>
                <span>{move || about.with(|about| about.cost.clone())}</span>
            </p>
            {spent}
            <Gaps desk unfilled about/>
            <span class="prompt-foot__kept faint nowrap" role="status" title=move || said().meaning() data-kept=move || (said() == Kept::Nowhere).then_some("no")>
                {move || said().said()}
            </span>
        </footer>
    }
    .into_any()
}

/// What stands in the way of the run.
#[component]
fn Gaps(desk: Desk, unfilled: Memo<Vec<String>>, about: Memo<Forecast>) -> impl IntoView {
    let first = move || unfilled.with(|names| names.first().cloned());
    let words = move || {
        unfilled.with(|names| match names.as_slice() {
            [] => String::new(),
            [name] => format!("{name} has no value"),
            names => format!("{} variables have no value", names.len()),
        })
    };
    view! {
        <Show when=move || first().is_some()>
            <button
                class="button live-only"
                data-kind="quiet"
                data-size="sm"
                data-tone="warn"
                type="button"
                on:click=move |_| {
                    if let Some(name) = first() {
                        desk.mend(&Fix::Fill(name));
                    }
                }
            >
                {words}
            </button>
        </Show>
        <Show when=move || about.with(|about| about.warning.is_some())>
            <button class="button" data-kind="quiet" data-size="sm" data-tone="warn" type="button" on:click=move |_| desk.mend(&Fix::Edit(Param::MaxTokens.key()))>
                {move || about.with(|about| about.warning.clone())}
            </button>
        </Show>
    }
}

/// How large the prompt is, followed as it changes.
fn weight(desk: Desk) -> Memo<Weight> {
    Memo::new(move |_| {
        let draft = desk.draft;
        draft.system().track();
        draft.messages().track();
        draft.inputs().track();
        draft.tools().track();
        draft.model().track();
        draft.read_untracked().weigh()
    })
}

/// How long the answers of the prompt have been with the chosen model; asked for again when a run has ended.
fn band(desk: Desk) -> RwSignal<Option<OutputBand>> {
    let band = RwSignal::new(None::<OutputBand>);
    let ended = Memo::new(move |_| desk.run.view.with(|view| view.status.is_end()));
    Effect::new(move || {
        let (prompt, model) = (desk.draft.prompt().get(), desk.draft.model().get());
        _ = ended.get();
        let Some(prompt) = prompt else { return band.set(None) };
        spawn_local(async move {
            if let Ok(found) = band_of_prompt(prompt, model).await {
                band.try_set(found);
            }
        });
    });
    band
}

/// The exact count of a prompt, where the model's tokenizer is here: asked for once the keys rest.
fn counted(desk: Desk, weight: Memo<Weight>) -> RwSignal<Option<Counted>> {
    let counted = RwSignal::new(None::<Counted>);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let ask = move || {
        let (Some(of), Some(prompt)) =
            (weight.try_get_untracked(), desk.draft.try_read_untracked().map(|draft| draft.prompt()))
        else {
            return;
        };
        spawn_local(async move {
            if let Ok(Some(tokens)) = count_tokens(prompt).await {
                counted.try_set(Some(Counted { of, tokens }));
            }
        });
    };
    Effect::new(move || {
        let of = weight.get();
        let here = desk.model().provider == EMBEDDED;
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            if here && of.bytes <= domain::limits::COUNTED_BYTES_MAX {
                *timer = set_timeout_with_handle(ask, REST).ok();
            }
        });
        if !here && counted.with_untracked(Option::is_some) {
            counted.set(None);
        }
    });
    counted
}
