//! What a request's parameters do.

use futures::StreamExt;
use inference::{ChatMessage, CheckError, FailureKind, Finish, Sampling, Update};

use crate::support::{ask, collect, with_shared};

#[test]
fn h1_answers_a_question_and_ends_its_turn() {
    with_shared(|engine| async move {
        let outcome = collect(engine.generate(ask("What is the capital of France?", 64))).await;
        assert!(outcome.text.contains("Paris"), "{}", outcome.text);
        let (finish, tokens) = outcome.finish();
        assert_eq!(finish, Finish::Stop);
        assert_eq!(tokens as usize, outcome.deltas.len(), "one delta for each token: {:?}", outcome.deltas);
    });
}

#[test]
fn h4_greedy_runs_and_seeded_runs_are_reproduced() {
    with_shared(|engine| async move {
        let greedy = ask("Write a sentence about rivers.", 24);
        let first = collect(engine.generate(greedy.clone())).await.text;
        assert_eq!(first, collect(engine.generate(greedy.clone())).await.text);
        let mut seeded = greedy;
        seeded.sampling = Sampling { temperature: 1.2, top_p: 0.95, seed: Some(7), ..Sampling::default() };
        let first = collect(engine.generate(seeded.clone())).await.text;
        assert_eq!(first, collect(engine.generate(seeded.clone())).await.text);
        seeded.sampling.seed = Some(8);
        assert_ne!(first, collect(engine.generate(seeded)).await.text);
    });
}

#[test]
fn max_tokens_ends_with_length() {
    with_shared(|engine| async move {
        let outcome = collect(engine.generate(ask("Tell me a long story.", 5))).await;
        assert_eq!(outcome.finish(), (Finish::Length, 5));
        let none = collect(engine.generate(ask("Tell me a long story.", 0))).await;
        assert_eq!((none.finish(), none.text.as_str()), ((Finish::Length, 0), ""));
    });
}

#[test]
fn h4_a_stop_sequence_may_span_tokens_and_is_never_shown() {
    with_shared(|engine| async move {
        let mut request = ask("Count from one to ten in digits, separated by commas.", 48);
        let whole = collect(engine.generate(request.clone())).await;
        // From the middle of one token to the middle of another one.
        let middle = whole.text.len() / 2;
        let stop = whole.text[middle..middle + 6].to_owned();
        let before = &whole.text[..whole.text.find(&stop).unwrap()];
        request.stop = vec!["never".to_owned(), stop];
        let stopped = collect(engine.generate(request)).await;
        assert_eq!(stopped.text, before);
        assert_eq!(stopped.finish().0, Finish::Stop);
    });
}

#[test]
fn h4_logprobs_are_of_the_picked_token_and_its_alternatives() {
    with_shared(|engine| async move {
        let mut request = ask("What is the capital of France?", 12);
        request.logprobs = Some(5);
        let outcome = collect(engine.generate(request.clone())).await;
        let (_, tokens) = outcome.finish();
        assert_eq!(outcome.logprobs.len(), tokens as usize);
        let text: String = outcome.logprobs.iter().map(|l| l.token.as_str()).collect();
        assert_eq!(text, outcome.text);
        for token in &outcome.logprobs {
            assert_eq!(token.top.len(), 5);
            assert_eq!(token.top[0], (token.token.clone(), token.logprob), "greedy picks the likeliest");
            assert!(token.top.is_sorted_by(|a, b| a.1 >= b.1) && token.logprob <= 0.0);
            assert!(token.top.iter().map(|(_, l)| l.exp()).sum::<f32>() <= 1.0001);
        }
        request.logprobs = Some(0);
        assert!(collect(engine.generate(request)).await.logprobs.iter().all(|l| l.top.is_empty()));
    });
}

#[test]
fn characters_come_whole() {
    with_shared(|engine| async move {
        let mut request = ask("Repeat exactly: 日本語 🦀🎉 привет", 40);
        request.messages.push(ChatMessage::new("assistant", "Sure: 日本"));
        let outcome = collect(engine.generate(request)).await;
        assert!(!outcome.text.contains('\u{FFFD}'), "{:?}", outcome.deltas);
    });
}

#[test]
fn an_overflow_says_the_numbers_before_it_runs() {
    with_shared(|engine| async move {
        let request = ask("Hi", 8192);
        let error = engine.check(&request).await.unwrap_err();
        let CheckError::ContextOverflow { prompt_tokens, max_tokens: 8192, context_tokens: 8192 } = error else {
            panic!("{error:?}")
        };
        let mut updates: Vec<_> = engine.generate(request).collect().await;
        let Some(Update::Failed { kind, message, .. }) = updates.pop() else { panic!("{updates:?}") };
        assert_eq!(kind, FailureKind::ContextOverflow);
        assert!(message.contains(&prompt_tokens.to_string()) && message.contains("8192"), "{message}");
        // Large, and too large to be worth counting.
        for words in [10_000, 3_000_000] {
            let mut request = ask(&"word ".repeat(words), 1);
            request.max_tokens = None;
            let error = engine.check(&request).await.unwrap_err();
            assert!(matches!(error, CheckError::ContextOverflow { prompt_tokens: 8193.., .. }), "{error}");
        }
        // All of the context can be asked for.
        let fits = 8192 - engine.check(&ask("Hi", 1)).await.unwrap();
        assert!(engine.check(&ask("Hi", fits)).await.is_ok());
        assert!(engine.check(&ask("Hi", fits + 1)).await.is_err());
    });
}

#[test]
fn without_max_tokens_the_default_is_told() {
    with_shared(|engine| async move {
        let mut request = ask("Hi", 1);
        request.max_tokens = None;
        let started = engine.generate(request).filter_map(async |update| match update {
            Update::Started { max_tokens, .. } => Some(max_tokens),
            _ => None,
        });
        assert_eq!(Box::pin(started).next().await, Some(inference::DEFAULT_MAX_TOKENS));
    });
}
