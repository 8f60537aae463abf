//! The parameters of a column: a chip that says them, and what opens under it.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::modal::Modal;
use crate::browser;
use crate::components::icon::Icon;
use crate::components::params::ParamRow;
use crate::state::compare::{Col, Compare, column_id};
use crate::state::settings::Param;

/// The parameters that a comparison is most often about.
const FIRST: [Param; 5] = [Param::Temperature, Param::MaxTokens, Param::TopP, Param::Seed, Param::Stop];

fn chip_id(column: Col) -> String {
    format!("{}-params-chip", column_id(column.id))
}

fn pop_id(column: Col) -> String {
    format!("{}-params", column_id(column.id))
}

/// Says the parameters, and opens them.
#[component]
pub(super) fn ParamsChip(compare: Compare, column: Col) -> impl IntoView {
    let open = Memo::new(move |_| compare.params_of.get() == Some(column.id));
    let turn = move |_| {
        if open.get_untracked() {
            compare.params_of.set(None);
        } else {
            compare.params_of.set(Some(column.id));
            browser::focus_soon(pop_id(column));
        }
    };
    view! {
        <button
            class="chip num"
            type="button"
            id=chip_id(column)
            aria-label=move || format!("Parameters of {}: {}", compare.letter(column.id), column.params_said())
            title="Parameters"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            aria-controls=move || open.get().then(|| pop_id(column))
            on:click=turn
        >
            <span class="truncate">{move || column.params_said()}</span>
        </button>
    }
    .into_any()
}

/// The parameters themselves. Only those of one column lie open at a time.
#[component]
pub(super) fn ParamsPop(compare: Compare, column: Col) -> impl IntoView {
    let close = move || {
        compare.params_of.set(None);
        browser::focus(&chip_id(column));
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.prevent_default();
            close();
        }
    };
    // A press anywhere else closes it, and does what it does there.
    Effect::new(move || {
        let handle = window_event_listener(leptos::ev::pointerdown, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let is_inside = target.is_some_and(|target| {
                let selector = format!("#{}, #{}", pop_id(column), chip_id(column));
                target.closest(&selector).ok().flatten().is_some()
            });
            if !is_inside && compare.params_of.get_untracked() == Some(column.id) {
                compare.params_of.set(None);
            }
        });
        on_cleanup(move || handle.remove());
    });
    let label = move || format!("Parameters of {}", compare.letter(column.id));
    view! {
        <div class="popover column__pop" id=pop_id(column) role="dialog" aria-label=label tabindex="-1" on:keydown=keys>
            <header class="column__pop-head">
                <h3>{label}</h3>
                <button class="button" data-kind="quiet" data-shape="icon" data-size="sm" type="button" aria-label="Close" title="Close (Esc)" on:click=move |_| close()>
                    <Icon name="x" small=true/>
                </button>
            </header>
            <div class="params">
                <div class="params__group">
                    <Rows compare column/>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The same as a dialog, where there is no room under a chip.
#[component]
pub(in crate::components) fn ParamsDialog(compare: Compare, id: u32) -> impl IntoView {
    let Some(column) = untrack(|| compare.column(id)) else { return ().into_any() };
    let title = Signal::derive(move || format!("Parameters of {}", compare.letter(id)));
    view! {
        <Modal title size="sm" on_close=Callback::new(move |()| compare.params_of.set(None))>
            <div class="dialog__body params">
                <div class="params__group">
                    <Rows compare column/>
                </div>
            </div>
            <footer class="dialog__foot">
                <span class="grow"></span>
                <button class="button" data-kind="primary" type="button" on:click=move |_| browser::close_dialogs()>"Done"</button>
            </footer>
        </Modal>
    }
    .into_any()
}

/// A row for each parameter that a comparison is most often about, and for each that the column has.
#[component]
fn Rows(compare: Compare, column: Col) -> impl IntoView {
    let model = Memo::new(move |_| compare.model(column));
    // What a version brings beyond these has its row, too.
    let others = Param::ALL.into_iter().filter(|param| !FIRST.contains(param));
    let others = others.filter(|param| column.typed.with_untracked(|typed| typed.contains_key(param)));
    let rows = FIRST.into_iter().chain(others).map(|param| {
        let setting = Memo::new(move |_| column.setting(param));
        let change = Callback::new(move |setting| compare.change_setting(column, param, setting));
        view! { <ParamRow param setting model change/> }
    });
    rows.collect_view()
}
