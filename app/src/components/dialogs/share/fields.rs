//! The fields of a link that is about to be made, and who will be able to open it.

use domain::ShareScope;
use domain::limits::{PASSPHRASE_BYTES_MAX, SHARE_TTL_S_DEFAULT};
use leptos::prelude::*;

use super::{BUDGET, Form};
use crate::api::shares::Reach;
use crate::browser;
use crate::components::icon::Icon;
use crate::state::when;

/// After how long a link ends: seconds, in words, and the shortest first.
const ENDS: [(u64, &str); 5] = [
    (3_600, "In 1 hour"),
    (86_400, "In 1 day"),
    (SHARE_TTL_S_DEFAULT, "In 7 days"),
    (30 * 86_400, "In 30 days"),
    (365 * 86_400, "In 1 year"),
];
/// How often it can be opened; 0 is any number of times.
const VIEWS: [(u32, &str); 4] = [(0, "Any number"), (1, "Once, then it is used up"), (10, "10"), (100, "100")];
/// What a visitor may do.
#[component]
pub(super) fn Scopes(form: Form) -> impl IntoView {
    let scopes = [
        (ShareScope::View, "View", "Read prompt, inputs and output."),
        (ShareScope::Fork, "View and fork", "Also carry it away as JSON or into their own library. Never the keys."),
        (
            ShareScope::Run,
            "Run, at your cost",
            "Run it from the page up to a cap that you set. Reserved before, settled after.",
        ),
    ];
    let one = |(scope, name, about): (ShareScope, &'static str, &'static str)| {
        view! {
            <label class="choice">
                <input
                    class="radio"
                    type="radio"
                    name="share-scope"
                    value=scope.as_str()
                    autofocus=scope == ShareScope::Fork
                    disabled=move || scope == ShareScope::Run && !form.can_run()
                    prop:checked=move || form.scope.get() == scope
                    on:change=move |_| form.scope.set(scope)
                />
                <b>{name}</b>
                <p>{about}</p>
            </label>
        }
    };
    view! {
        <div class="choices" role="radiogroup" aria-label="What a visitor may do">{scopes.map(one).collect_view()}</div>
    }
    .into_any()
}

/// Until when, how often, for whom, at which cost.
#[component]
pub(super) fn Fields(form: Form) -> impl IntoView {
    let ends = ENDS.map(|(seconds, words)| {
        view! { <option value=seconds.to_string() selected=seconds == SHARE_TTL_S_DEFAULT>{words}</option> }
    });
    let views = VIEWS.map(|(count, words)| view! { <option value=count.to_string()>{words}</option> });
    let until = move || {
        let seconds = i64::try_from(form.ends.get()).unwrap_or_default();
        when::utc(browser::time_micros() + seconds * 1_000_000)
    };
    let budget = move || {
        view! {
            <div class="field">
                <label class="field__label" for=BUDGET>"Spend at most, in dollars"</label>
                <input
                    class="input"
                    id=BUDGET
                    inputmode="decimal"
                    autocomplete="off"
                    aria-invalid=move || form.wrong.get().map(|_| "true")
                    aria-describedby="share-budget-said"
                    prop:value=form.budget.get_untracked()
                    on:input=move |event| form.budget.set(event_target_value(&event))
                />
                <p class="field__error" id="share-budget-said" role="status">{move || form.wrong.get()}</p>
            </div>
        }
    };
    view! {
        <div class="sharing__fields">
            <div class="field">
                <label class="field__label" for="share-ends">"Ends"</label>
                <select
                    class="input"
                    id="share-ends"
                    aria-describedby="share-until"
                    on:change=move |event| form.ends.set(event_target_value(&event).parse().unwrap_or(SHARE_TTL_S_DEFAULT))
                >
                    {ends.into_iter().collect_view()}
                </select>
                <p class="field__hint num" id="share-until">{until}</p>
            </div>
            <div class="field">
                <label class="field__label" for="share-views">"Views"</label>
                <select class="input" id="share-views" on:change=move |event| form.views.set(event_target_value(&event).parse().unwrap_or_default())>
                    {views.into_iter().collect_view()}
                </select>
            </div>
            <Passphrase form/>
            <Show when=move || form.scope.get() == ShareScope::Run>{budget()}</Show>
        </div>
    }
    .into_any()
}

#[component]
fn Passphrase(form: Form) -> impl IntoView {
    let shown = RwSignal::new(false);
    view! {
        <div class="field">
            <label class="field__label" for="share-passphrase">"Passphrase"</label>
            <div class="field__row">
                <input
                    class="input"
                    id="share-passphrase"
                    type=move || if shown.get() { "text" } else { "password" }
                    placeholder="none"
                    autocomplete="off"
                    spellcheck="false"
                    maxlength=PASSPHRASE_BYTES_MAX.to_string()
                    prop:value=form.passphrase.get_untracked()
                    on:input=move |event| form.passphrase.set(event_target_value(&event))
                />
                <button
                    class="button"
                    type="button"
                    aria-label="Show the passphrase"
                    aria-pressed=move || if shown.get() { "true" } else { "false" }
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    "Show"
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// Who can open a link from here.
#[component]
pub(super) fn WhoReaches(form: Form) -> impl IntoView {
    move || {
        let Reach { base, is_public } = form.reach.get()?;
        Some(if is_public {
            view! {
                <div class="note">
                    <Icon name="globe"/>
                    <p class="note__text">
                        <b>"Who can reach it:"</b>
                        " anyone on the internet who has the link. "
                        <code>"public_url"</code>
                        " is "
                        <code class="program__url">{base}</code>
                        "; without a login it answers shared pages only."
                    </p>
                </div>
            }
            .into_any()
        } else {
            view! {
                <div class="note" data-tone="warn">
                    <Icon name="lock"/>
                    <p class="note__text">
                        <b>"Only this machine can open the link."</b>
                        " Etude listens on "
                        <code class="program__url">{base}</code>
                        " and no "
                        <code>"public_url"</code>
                        " is set. Put a proxy or a tunnel in front and name it in "
                        <code>"etude.toml"</code>
                        "; links made before that keep working."
                    </p>
                </div>
            }
            .into_any()
        })
    }
}
