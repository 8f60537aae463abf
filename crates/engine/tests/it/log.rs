//! The contract of a run log: dense, durable before delivery, resumable at any place.

use engine::Clock;
use engine::log::{Tail, recover};
use engine::tape::{Entry, Tape};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{delta, finished, open, opened};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Reads at most `batches` batches from `next` on.
async fn read(tail: &mut Tail, batches: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for _ in 0..batches {
        match tail.next().await {
            Some(more) => entries.extend(more),
            None => break,
        }
    }
    entries
}

/// B1: a reader that is cut anywhere, any number of times, and comes back with the last seq it has, reads
/// exactly what one that was never cut reads; while the log grows and after it has ended.
#[test]
fn b1_any_sequence_of_cuts_gives_the_same_events() {
    let runtime = runtime();
    let mut runner = TestRunner::new(Config::with_cases(48));
    let cases = (0_usize..120, prop::collection::vec((0_usize..4, 0_usize..3), 0..12));
    runner
        .run(&cases, |(events, cuts)| {
            runtime.block_on(async {
                let folder = tempfile::tempdir().expect("a folder");
                let clock = Clock::manual(1_000_000, 1);
                let (log, _, _ended) = open(folder.path(), &clock);
                let mut writer = log.create(opened(clock.run_id())).await.expect("created");
                let hot = writer.log().clone();
                let reader = tokio::spawn({
                    let hot = hot.clone();
                    async move {
                        let mut have: Vec<Entry> = Vec::new();
                        for (batches, back) in cuts {
                            // Going back is what a client does that lost its last events; it drops what it has twice.
                            let kept = have.len().saturating_sub(back);
                            have.truncate(kept);
                            let mut tail = Tail::Hot(hot.tail(kept as u64));
                            have.extend(read(&mut tail, batches).await);
                        }
                        let mut tail = Tail::Hot(hot.tail(have.len() as u64));
                        have.extend(read(&mut tail, usize::MAX).await);
                        have
                    }
                });
                for n in 0..events {
                    // Some go one by one, others together.
                    match n % 3 {
                        0 => writer.append(delta(n)).await.expect("appended"),
                        _ => writer.add(delta(n)),
                    }
                    if n % 7 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                writer.append(finished()).await.expect("appended");
                let have = reader.await.expect("the reader ends");
                let seqs: Vec<_> = have.iter().map(|entry| entry.seq).collect();
                prop_assert_eq!(seqs, (0..=events as u64).collect::<Vec<_>>());
                // B6: the compacted tape gives the same.
                let tape = Tape::unpack(&hot.tape().pack().expect("packs")).expect("unpacks");
                let kept = read(&mut Tail::Kept { tape, next: 0 }, usize::MAX).await;
                prop_assert_eq!(kept, have);
                Ok(())
            })
        })
        .expect("holds for all cases");
}

/// What a reader has seen is in the segments at that moment: a copy of the files, as `kill -9` would leave
/// them, has it.
#[tokio::test(flavor = "multi_thread")]
async fn delivered_means_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::system();
    let (log, _, _ended) = open(folder.path(), &clock);
    let mut writer = log.create(opened(clock.run_id())).await.expect("created");
    let run = writer.log().run();
    let mut tail = Tail::Hot(writer.log().tail(0));
    for n in 0..50 {
        writer.append(delta(n)).await.expect("appended");
        let seen = tail.next().await.expect("goes on").last().expect("at least one").seq;
        let found = recover::read(folder.path()).expect("readable");
        assert!(found.runs[&run].tape.len() > seen, "event {seen} was delivered before it was written");
    }
}

/// A tear anywhere in the file costs whole records at its end and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_segment_keeps_everything_before_the_tear() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::system();
    let (log, _, _ended) = open(folder.path(), &clock);
    let mut writer = log.create(opened(clock.run_id())).await.expect("created");
    let run = writer.log().run();
    for n in 0..20 {
        writer.append(delta(n)).await.expect("appended");
    }
    log.flush().await.expect("flushed");
    let whole = writer.log().tape().read(0, usize::MAX);
    let segment =
        std::fs::read_dir(folder.path()).expect("a folder").next().expect("a segment").expect("an entry").path();
    let bytes = std::fs::read(&segment).expect("readable");
    for cut in (0..bytes.len()).step_by(13) {
        let torn = tempfile::tempdir().expect("a folder");
        std::fs::write(torn.path().join("0000000000000000.seg"), &bytes[..cut]).expect("written");
        let found = recover::read(torn.path()).expect("a tear is no error");
        if let Some(found) = found.runs.get(&run) {
            let kept = found.tape.read(0, usize::MAX);
            assert_eq!(kept[..], whole[..kept.len()]);
            assert!(!found.ended);
        }
    }
}

/// Segments go when all their runs are rows, and not before.
#[tokio::test(flavor = "multi_thread")]
async fn a_finished_segment_is_deleted_after_its_runs_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::system();
    let run = {
        let (log, _, mut ended) = open(folder.path(), &clock);
        let mut writer = log.create(opened(clock.run_id())).await.expect("created");
        writer.append(finished()).await.expect("appended");
        let ended = ended.recv().await.expect("it has ended");
        assert_eq!(ended.run(), writer.log().run());
        ended.run()
    };
    let segments = || std::fs::read_dir(folder.path()).expect("a folder").count();
    let (log, recovered, _ended) = open(folder.path(), &clock);
    assert!(recovered.runs[&run].ended);
    log.flush().await.expect("flushed");
    assert_eq!(segments(), 2, "the old one is still needed");
    log.release(vec![run]).await.expect("released");
    log.flush().await.expect("flushed");
    assert_eq!(segments(), 1);
}
