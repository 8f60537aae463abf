//! Models and providers as people read of them.

use domain::{ModelInfo, ModelStatus, Price};

use super::figures::thousands;

/// What the provider of the built-in model is called.
pub const EMBEDDED: &str = "embedded";

/// What is known of a model, in one line.
#[must_use]
pub fn facts(model: &ModelInfo) -> String {
    if model.provider.is_empty() {
        return "Not there now: its provider may be away. It stays chosen.".to_owned();
    }
    let context = model.context_tokens.map(|tokens| format!("{} context", thousands(tokens.into())));
    let price = model.price.map(|price| {
        if price == Price::FREE {
            "free".into()
        } else {
            format!("${} in, ${} out per million", price.input, price.output)
        }
    });
    let can = [(model.tools, "tools"), (model.images, "pictures")];
    let can = can.into_iter().filter_map(|(can, what)| can.then_some(what)).collect::<Vec<_>>().join(", ");
    let can = (!can.is_empty()).then(|| format!("takes {can}"));
    let unreachable = (model.status == ModelStatus::Unreachable).then(|| "did not answer when last asked".to_owned());
    [Some(place(&model.provider)), context, price, can, unreachable]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A provider as people call it.
#[must_use]
pub fn place(provider: &str) -> String {
    if provider == EMBEDDED { "On this machine".into() } else { provider.to_owned() }
}

/// A number of tokens, short: `8 k`, `1 M`.
#[must_use]
pub fn short_tokens(tokens: u32) -> String {
    match tokens {
        0..1_000 => tokens.to_string(),
        1_000..1_000_000 => format!("{} k", (f64::from(tokens) / 1_000.0).round()),
        _ => format!("{} M", (f64::from(tokens) / 100_000.0).round() / 10.0),
    }
}

/// A price for people.
#[must_use]
pub fn dollars_per_million(price: f64) -> String {
    if price == 0.0 { "free".into() } else { format!("${price:.2}") }
}

/// Something that a model can do: its icon, and what it is.
pub type Skill = (&'static str, &'static str);

/// What a model can do, always in the same order, so that a column can be read downwards.
#[must_use]
pub fn skills(model: &ModelInfo) -> [Option<Skill>; 5] {
    let takes = |name: &str| !model.refuses(name);
    [
        model.images.then_some(("image", "images")),
        model.tools.then_some(("wrench", "tools")),
        takes("response_format").then_some(("braces", "schema")),
        takes("logprobs").then_some(("scale", "logprobs")),
        takes("seed").then_some(("fingerprint", "seed")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0, 999, 8_192, 200_000, 1_047_576].map(short_tokens), ["0", "999", "8 k", "200 k", "1 M"]);
        assert_eq!([0.0, 0.25, 15.0].map(dollars_per_million), ["free", "$0.25", "$15.00"]);
    }
}
