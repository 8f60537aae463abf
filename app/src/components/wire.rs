//! The wire view: what a client sent, what was really sent for its run, and the head of the answer.

use std::collections::BTreeMap;

use domain::wire::BLANK;
use domain::{Wire, WireRequest, WireResponse};
use leptos::prelude::*;

use super::code::Code;
use crate::state::figures::thousands;

/// Both halves of the exchange.
#[component]
pub fn WireView(
    /// What is kept of it.
    wire: Wire,
) -> impl IntoView {
    let Wire { client, request, response } = wire;
    if client.is_none() && request.is_none() && response.is_none() {
        return view! { <p class="faint">"Nothing was sent for this run."</p> }.into_any();
    }
    view! {
        {client.map(|request| view! { <Sent request came=true/> })}
        {request.map(|request| view! { <Sent request came=false/> })}
        {match response {
            Some(response) => view! { <Answered response/> }.into_any(),
            None => view! { <p class="faint">"No answer has come."</p> }.into_any(),
        }}
        <p class="faint">"Secrets were blanked before this was stored; they are nowhere in the run."</p>
    }
    .into_any()
}

/// A request: as it came from a client, or as it went to the provider.
#[component]
fn Sent(request: WireRequest, came: bool) -> impl IntoView {
    let WireRequest { method, url, headers, body } = request;
    let text = format!("{method} {url}\n{}\n{body}", lines(&headers));
    let note = format!("{} bytes of body", thousands(body.len() as u64));
    let (name, label, copy) = if came {
        ("client", "The client's request as it came", "Copy the client's request")
    } else {
        ("request", "Request as sent", "Copy the request as sent")
    };
    view! {
        <Code name note label copy text>
            <span class="tok-key">{method}</span>
            {format!(" {url}\n")}
            <Headers headers/>
            {format!("\n{body}")}
        </Code>
    }
    .into_any()
}

#[component]
fn Answered(response: WireResponse) -> impl IntoView {
    let WireResponse { status, headers } = response;
    let text = format!("{status}\n{}", lines(&headers));
    view! {
        <Code name="response" note="its head" label="Head of the response" copy="Copy the head of the response" text>
            <span class="tok-num">{status}</span>
            "\n"
            <Headers headers/>
        </Code>
    }
    .into_any()
}

/// A line for each header. A secret's place is kept, its characters are not.
#[component]
fn Headers(headers: BTreeMap<String, String>) -> impl IntoView {
    let line = |(name, value): (String, String)| {
        let parts: Vec<_> = value.split(BLANK).map(str::to_owned).collect();
        let blank = |n: usize| (n > 0).then(|| view! { <span class="blanked">"secret"</span> });
        let parts = parts.into_iter().enumerate().map(|(n, part)| (blank(n), part));
        (format!("{name}: "), parts.collect_view(), "\n")
    };
    headers.into_iter().map(line).collect_view()
}

fn lines(headers: &BTreeMap<String, String>) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}
