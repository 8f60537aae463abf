//! The answer token by token: how probable each was, and what could have stood in its place.

use domain::TokenLogprob;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::browser;
use crate::state::figures::thousands;
use crate::state::run::RunState;

/// Most tokens that are shown.
const SHOWN_MAX: usize = 4_000;

/// The tokens of an answer, as far as its model gave their probabilities.
#[component]
pub(super) fn Tokens(
    /// Whose.
    run: RunState,
) -> impl IntoView {
    let count = Memo::new(move |_| run.view.with(|view| view.output.logprobs.len()));
    let chosen = RwSignal::new(0_usize);
    let token = move |place: usize| run.view.with_untracked(|view| view.output.logprobs.get(place).cloned());
    let go = move |place: usize| {
        chosen.set(place);
        browser::on_frame(move || browser::focus(&token_id(place)));
    };
    let walk = move |event: KeyboardEvent| {
        let (here, last) = (chosen.get_untracked(), count.get_untracked().min(SHOWN_MAX).saturating_sub(1));
        let next = match event.key().as_str() {
            "ArrowRight" => (here + 1).min(last),
            "ArrowLeft" => here.saturating_sub(1),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        go(next);
    };
    let one = move |place: usize| {
        let text = token(place).map(|token| shown(&token.token)).unwrap_or_default();
        view! {
            <button
                class="token"
                type="button"
                id=token_id(place)
                aria-pressed=move || if chosen.get() == place { "true" } else { "false" }
                tabindex=move || if chosen.get() == place { "0" } else { "-1" }
                on:click=move |_| chosen.set(place)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="tokens">
            <div class="tokens__text" role="group" aria-label="Tokens" on:keydown=walk>
                <For each=move || 0..count.get().min(SHOWN_MAX) key=|place| *place let:place>
                    {one(place)}
                </For>
            </div>
            <p class="faint" hidden=move || { count.get() <= SHOWN_MAX }>
                {move || format!("The first {} of {} tokens.", thousands(SHOWN_MAX as u64), thousands(count.get() as u64))}
            </p>
            {move || {
                count.track();
                token(chosen.get()).map(|token| view! { <Alternatives token place=chosen.get_untracked()/> })
            }}
        </div>
    }
    .into_any()
}

fn token_id(place: usize) -> String {
    format!("token-{place}")
}

/// A token so that it can be seen: what ends a line shows that it does.
fn shown(token: &str) -> String {
    if token.is_empty() { "∅".to_owned() } else { token.replace('\n', "↵\n").replace('\t', "⇥\t") }
}

/// What could have stood in a token's place.
#[component]
fn Alternatives(token: TokenLogprob, place: usize) -> impl IntoView {
    let mut all: Vec<(String, f64)> = token.top.iter().map(|top| (top.token.clone(), f64::from(top.logprob))).collect();
    // The one that was taken may be none of the most probable.
    if !all.iter().any(|(text, _)| *text == token.token) {
        all.push((token.token.clone(), f64::from(token.logprob)));
    }
    let taken = token.token;
    let row = |(text, logprob): (String, f64)| {
        let is_taken = text == taken;
        let percent = logprob.exp() * 100.0;
        view! {
            <tr aria-current=is_taken.then_some("true")>
                <th scope="row"><code>{format!("“{}”", shown(&text).replace('\n', ""))}</code></th>
                <td data-num="">{if percent >= 0.1 { format!("{percent:.1} %") } else { "< 0.1 %".to_owned() }}</td>
                <td data-num="" class="faint">{format!("{logprob:.3}")}</td>
                <td class="faint">{if is_taken { "taken" } else { "" }}</td>
            </tr>
        }
    };
    view! {
        <section class="alternatives" aria-label="Alternatives" aria-live="polite">
            <h3>{format!("Token {}", thousands(place as u64 + 1))}</h3>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Token"</th>
                        <th scope="col" data-num="">"Probability"</th>
                        <th scope="col" data-num="">"Logprob"</th>
                        <td></td>
                    </tr>
                </thead>
                <tbody>{all.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}
