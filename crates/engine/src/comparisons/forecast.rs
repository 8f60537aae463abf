//! What cells are likely to cost: from the prompt's size, earlier answers and the model's price.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::comparison::Column;
use domain::template::{self, Piece};
use domain::{ComparisonId, Price, PromptContent, Usage};

use crate::Shared;
use crate::error::Error;
use crate::library::{Length, Library, band};
use crate::principal::Principal;
use crate::runs::Runs;
use crate::store::comparisons::ColumnRow;

/// Bytes of a token, on the average of the usual tokenizers for English and code; other scripts take more bytes for a
/// letter and more tokens for a word, so that it holds for them about as well.
const BYTES_PER_TOKEN: u64 = 4;
/// Tokens that stand around a message.
const TOKENS_PER_MESSAGE: u64 = 4;
/// Tokens of an answer where neither the column nor the model has a limit.
const ANSWER_TOKENS_USUAL: u64 = 8_192;

/// How much an answer of a column is likely to be, and at which price.
#[derive(Debug, Clone, Copy, Default)]
pub struct Odds {
    /// The model's price; nothing where it is not known.
    pub price: Option<Price>,
    /// Tokens: four of five answers are not shorter.
    pub least: u64,
    /// And not longer.
    pub most: u64,
    /// How many earlier answers that is based on; 0, it is what limits allow.
    pub runs: u64,
}

impl Odds {
    /// Reads what is known of a column's model and of earlier answers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(shared: &Arc<Shared>, of: &Principal, id: ComparisonId, row: &ColumnRow) -> Result<Self, Error> {
        let Column { id: column, prompt, content, .. } = &row.column;
        let info = Runs(shared).model(&content.model).await.ok().map(|(info, _)| info);
        let price = info.as_ref().and_then(|info| info.price);
        if price.is_none_or(|price| price == Price::FREE) {
            return Ok(Self { price, ..Self::default() });
        }
        let asked = content.params.max_tokens.filter(|_| info.as_ref().is_some_and(|info| !info.refuses("max_tokens")));
        let usual = info.as_ref().and_then(|info| info.defaults.max_tokens.or(info.output_tokens_max));
        let room = info.as_ref().and_then(|info| info.context_tokens);
        let most = asked.or(usual).or(room).map_or(ANSWER_TOKENS_USUAL, u64::from);
        let mut known = None;
        if let Some(prompt) = prompt {
            known = Library(shared).output_band(of, *prompt, &content.model).await?;
        }
        if known.is_none() {
            let past = shared.store.past_usage(id, *column, row.digest).await?;
            // Under the same limit: what it cut is as long as it allows.
            known = band(&past.iter().map(|(_, tokens)| Length { tokens: *tokens, cut: false }).collect::<Vec<_>>());
        }
        Ok(match known {
            Some(band) => {
                let end = band.most.map_or(most, |end| end.min(most));
                Self { price, least: band.least.min(most), most: end, runs: band.runs }
            }
            None => Self { price, least: 0, most, runs: 0 },
        })
    }

    /// What a run with that many tokens in is likely to cost, in micro-dollars: the least and the most. Nothing where the
    /// price is not known.
    #[must_use]
    pub fn cost(&self, input_tokens: u64) -> Option<(i64, i64)> {
        let price = self.price?;
        let of = |output_tokens| price.cost_micros(&Usage { input_tokens, output_tokens, ..Usage::default() });
        Some((of(self.least), of(self.most)))
    }
}

/// About how many tokens a prompt has with these inputs.
#[must_use]
pub fn tokens_in(content: &PromptContent, inputs: &BTreeMap<String, String>) -> u64 {
    let size = |piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Escape => "{{".len(),
        Piece::Variable(name) => inputs.get(name).or_else(|| content.inputs.get(name)).map_or(0, String::len),
    };
    let mut bytes: u64 = content.texts().flat_map(template::scan).map(|(_, piece)| size(piece) as u64).sum();
    let schemas = content.tools.iter().filter_map(|tool| tool.parameters.as_ref());
    let schemas = schemas.chain(content.response_format.iter().filter_map(|format| format.schema.as_ref()));
    bytes += schemas.map(|json| json.as_str().len() as u64).sum::<u64>();
    bytes.div_ceil(BYTES_PER_TOKEN) + content.messages.len() as u64 * TOKENS_PER_MESSAGE
}

/// Whether a run that is likely to cost `next` may begin, where `spent` has been spent and `reserved` is set aside for runs
/// that are going on; all in micro-dollars.
#[must_use]
pub fn fits(cap: Option<i64>, spent: i64, reserved: i64, next: i64) -> bool {
    cap.is_none_or(|cap| spent.saturating_add(reserved).saturating_add(next) <= cap)
}

#[cfg(test)]
mod tests {
    use domain::{ChatMessage, Role};

    use super::*;

    #[test]
    fn f7_a_cell_is_begun_only_where_all_that_runs_and_it_fit_under_the_cap() {
        assert!(fits(None, i64::MAX, i64::MAX, i64::MAX));
        assert!(fits(Some(100), 40, 40, 20));
        assert!(!fits(Some(100), 40, 40, 21));
        assert!(!fits(Some(100), i64::MAX, 1, 1));
        assert!(fits(Some(0), 0, 0, 0), "what is free fits under any cap");
    }

    #[test]
    fn f7_costs_go_from_the_least_to_the_most() {
        let price = Price { input: 1.0, output: 2.0, cached_input: None, long: None };
        let odds = Odds { price: Some(price), least: 5, most: 50, runs: 9 };
        assert_eq!(odds.cost(100), Some((110, 200)));
        assert_eq!(Odds { price: None, ..odds }.cost(100), None);
        assert_eq!(Odds { price: Some(Price::FREE), ..odds }.cost(100), Some((0, 0)));
    }

    #[test]
    fn f7_values_count_in_place_of_their_variables() {
        let content = PromptContent {
            messages: vec![ChatMessage::text(Role::User, "About {{topic}} and {{topic}}")],
            inputs: [("topic".to_owned(), "x".repeat(40))].into(),
            ..PromptContent::default()
        };
        let own = tokens_in(&content, &BTreeMap::new());
        let given = tokens_in(&content, &[("topic".to_owned(), "x".repeat(440))].into());
        assert_eq!(given - own, 200);
    }
}
