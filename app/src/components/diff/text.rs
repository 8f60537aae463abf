//! A text on both sides: a table at first, then the element that shows all of it.

use domain::change::Section;
use leptos::html::Custom;
use leptos::prelude::*;

use super::TwoSides;
use crate::browser::diffs::show_diff;
use crate::state::diff_rows::{DiffRow, Line, rows};

/// The text.
#[component]
pub fn DiffText(sides: TwoSides, place: usize, section: Section) -> impl IntoView {
    let id = format!("diff-{place}");
    let [left, right] = sides.names();
    let caption = format!("{}: {left} on the left, {right} on the right", section.title);
    let table = rows(&section.old, &section.new, &section.diff);
    let title = section.title.clone();
    let element = NodeRef::<Custom<&'static str>>::new();
    // The texts came with the page once; the element is given them, not the document.
    Effect::new(move || {
        let Some(element) = element.get() else { return };
        let json = serde_json::to_string(&section.diff).unwrap_or_default();
        show_diff(&element, &section.old, &section.new, &json);
    });
    let layout = move || if sides.unified.get() { "unified" } else { "split" };
    view! {
        <etude-diff id=id node_ref=element data-view=layout data-old=left data-new=right aria-label=title>
            <table class="diff" data-view=layout>
                <caption class="sr-only">{caption}</caption>
                <colgroup>
                    <col class="diff__col"/>
                    <col/>
                    <col class="diff__col"/>
                    <col/>
                </colgroup>
                <tbody>{table.into_iter().map(row).collect_view()}</tbody>
            </table>
        </etude-diff>
    }
    .into_any()
}

fn row(row: DiffRow) -> AnyView {
    match row {
        DiffRow::Lines(old, new) => view! {
            <tr>
                {cells(old, "del")}
                {cells(new, "add")}
            </tr>
        }
        .into_any(),
        DiffRow::Fold(count) => {
            let said = if count == 1 { "1 unchanged line".to_owned() } else { format!("{count} unchanged lines") };
            whole(said)
        }
        DiffRow::More(count) => {
            whole(if count == 1 { "1 change more".to_owned() } else { format!("{count} changes more") })
        }
    }
}

fn whole(said: String) -> AnyView {
    view! {
        <tr class="diff__fold">
            <td colspan="4">{said}</td>
        </tr>
    }
    .into_any()
}

fn cells(line: Option<Line>, change: &'static str) -> AnyView {
    let Some(Line { number, pieces, changed }) = line else {
        return view! {
            <td class="diff__no"></td>
            <td class="diff__text" data-change="none"></td>
        }
        .into_any();
    };
    let piece = |(marked, text): (bool, String)| match (marked, change) {
        (false, _) => text.into_any(),
        (true, "del") => view! { <del>{text}</del> }.into_any(),
        (true, _) => view! { <ins>{text}</ins> }.into_any(),
    };
    view! {
        <td class="diff__no">{number}</td>
        <td class="diff__text" data-change=changed.then_some(change)>{pieces.into_iter().map(piece).collect_view()}</td>
    }
    .into_any()
}
