//! What else can be done with a column.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::browser;
use crate::components::icon::Icon;
use crate::components::keys::Keys;
use crate::state::compare::{Col, Compare, Over, column_id};

/// The button "More for column B" and its menu.
#[component]
pub(in crate::components) fn ColumnMenu(compare: Compare, column: Col) -> impl IntoView {
    let open = RwSignal::new(false);
    let (button_id, menu_id) = (format!("{}-more", column_id(column.id)), format!("{}-menu", column_id(column.id)));
    let around = format!("#{button_id}, #{menu_id}");
    let own = menu_id.clone();
    let label = move || format!("More for column {}", compare.letter(column.id));
    // A press anywhere else closes it.
    Effect::new(move || {
        if !open.get() {
            return;
        }
        let around = around.clone();
        let handle = window_event_listener(leptos::ev::pointerdown, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            if target.is_none_or(|target| target.closest(&around).ok().flatten().is_none()) {
                open.set(false);
            }
        });
        on_cleanup(move || handle.remove());
    });
    let owner = button_id.clone();
    view! {
        <button
            class="button live-only"
            data-kind="quiet"
            data-shape="icon"
            data-size="sm"
            type="button"
            id=button_id
            aria-label=label
            title=label
            aria-haspopup="menu"
            aria-expanded=move || if open.get() { "true" } else { "false" }
            aria-controls=move || open.get().then(|| own.clone())
            on:click=move |_| open.update(|open| *open = !*open)
        >
            <Icon name="ellipsis" small=true/>
        </button>
        {move || open.get().then(|| view! { <Items compare column open menu_id=menu_id.clone() button_id=owner.clone()/> })}
    }
    .into_any()
}

#[component]
fn Items(compare: Compare, column: Col, open: RwSignal<bool>, menu_id: String, button_id: String) -> impl IntoView {
    let id = column.id;
    let node = NodeRef::<Div>::new();
    Effect::new(move || {
        if let Some(menu) = node.get() {
            focus_item(&menu, 0);
        }
    });
    let keys = move |event: KeyboardEvent| {
        let Some(menu) = node.get_untracked() else { return };
        let here = items(&menu).iter().position(|item| Some(item.as_ref()) == document().active_element().as_ref());
        let (here, last) = (here.unwrap_or_default(), items(&menu).len().saturating_sub(1));
        let next = match event.key().as_str() {
            "ArrowDown" => {
                if here == last {
                    0
                } else {
                    here + 1
                }
            }
            "ArrowUp" => {
                if here == 0 {
                    last
                } else {
                    here - 1
                }
            }
            "Home" => 0,
            "End" => last,
            "Escape" => {
                event.prevent_default();
                open.set(false);
                return browser::focus(&button_id);
            }
            "Tab" => return open.set(false),
            _ => return,
        };
        event.prevent_default();
        focus_item(&menu, next);
    };
    let close = move |then: &dyn Fn()| {
        open.set(false);
        then();
    };
    let item = move |label: &'static str,
                     icon: &'static str,
                     keys: &'static [&'static str],
                     able: bool,
                     act: fn(Compare, Col)| {
        view! {
            <button class="menu__item" role="menuitem" type="button" tabindex="-1" disabled=!able on:click=move |_| close(&|| act(compare, column))>
                <Icon name=icon small=true/>
                <span class="truncate">{label}</span>
                {(!keys.is_empty()).then(|| view! { <Keys keys/> })}
            </button>
        }
    };
    let (place, count) = untrack(|| (compare.place(id), compare.columns.with(Vec::len)));
    let room = untrack(|| compare.has_room());
    let address = untrack(|| address(column));
    view! {
        <div class="popover menu column__menu" id=menu_id role="menu" aria-label=move || format!("Column {}", compare.letter(id)) node_ref=node on:keydown=keys>
            {item("Duplicate", "copy", &["Mod", "D"], room, |compare, column| compare.duplicate(column.id))}
            {item("Move left", "arrow-left", &[], place > 0, |compare, column| compare.shift(column.id, -1))}
            {item("Move right", "arrow-right", &[], place + 1 < count, |compare, column| compare.shift(column.id, 1))}
            <hr class="menu__rule"/>
            {item("Parameters", "sliders-horizontal", &[], true, |compare, column| compare.params_of.set(Some(column.id)))}
            {item("Edit prompt", "pencil", &[], true, |compare, column| compare.over.set(Some(Over::Prompt(column.id))))}
            {item("Choose version", "history", &[], true, |compare, column| compare.over.set(Some(Over::Versions(column.id))))}
            {address.map(|address| {
                view! {
                    <a class="menu__item" role="menuitem" tabindex="-1" href=address>
                        <Icon name="terminal" small=true/>
                        <span class="truncate">"Open in playground"</span>
                    </a>
                }
            })}
            <hr class="menu__rule"/>
            {item("Remove", "trash-2", &[], count > 1, |compare, column| compare.remove(column.id))}
        </div>
    }
    .into_any()
}

/// Where the playground has what the column is: its run, or the version that it is.
fn address(column: Col) -> Option<String> {
    if let Some(run) = column.run.id.get() {
        return Some(format!("/?run={run}"));
    }
    column.column.with(|column| {
        let (prompt, version) = column.prompt.zip(column.version.filter(|_| !column.edited))?;
        Some(format!("/p/{prompt}/v/{version}"))
    })
}

fn items(menu: &web_sys::Element) -> Vec<web_sys::HtmlElement> {
    let Ok(found) = menu.query_selector_all("[role=menuitem]:not(:disabled)") else { return Vec::new() };
    (0..found.length()).filter_map(|place| found.item(place)?.dyn_into().ok()).collect()
}

fn focus_item(menu: &web_sys::Element, place: usize) {
    if let Some(item) = items(menu).get(place) {
        _ = item.focus();
    }
}
