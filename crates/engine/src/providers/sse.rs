//! Server-sent events, read with a bound (WHATWG HTML, 9.2.6 "Interpreting an event stream").

use domain::limits::UPSTREAM_EVENT_BYTES_MAX;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// Its type; empty where none was given.
    pub event: String,
    /// Its data lines, joined by line feeds.
    pub data: String,
}

/// What an upstream sends cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadStream {
    /// An event larger than is read.
    #[error("an event is larger than {UPSTREAM_EVENT_BYTES_MAX} bytes")]
    TooLarge,
    /// Bytes that are not UTF-8.
    #[error("the stream is not UTF-8")]
    NotUtf8,
}

/// Takes bytes in any portions and gives events.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    after_cr: bool,
    begun: bool,
    event: SseEvent,
    has_data: bool,
}

impl Decoder {
    /// Reads more bytes; gives the events that they complete.
    ///
    /// # Errors
    /// When an event is too large or not UTF-8. The stream cannot be read on.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<Vec<SseEvent>, BadStream> {
        let mut events = Vec::new();
        while let Some(place) = memchr::memchr2(b'\n', b'\r', bytes) {
            let (head, terminator) = (&bytes[..place], bytes[place]);
            bytes = &bytes[place + 1..];
            let continues_cr = self.after_cr && head.is_empty() && terminator == b'\n';
            self.after_cr = terminator == b'\r';
            if continues_cr {
                continue;
            }
            self.extend(head)?;
            let line = std::mem::take(&mut self.line);
            events.extend(self.end_line(&line)?);
        }
        if !bytes.is_empty() {
            self.after_cr = false;
            self.extend(bytes)?;
        }
        Ok(events)
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), BadStream> {
        if self.line.len() + self.event.data.len() + bytes.len() > UPSTREAM_EVENT_BYTES_MAX {
            return Err(BadStream::TooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, line: &[u8]) -> Result<Option<SseEvent>, BadStream> {
        let mut line = std::str::from_utf8(line).map_err(|_| BadStream::NotUtf8)?;
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return Ok(std::mem::take(&mut self.has_data).then_some(event));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.has_data = true;
                self.event.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.event.event),
            // Not in the standard: llama.cpp's server reports a failure in mid-stream so, on a field of its own.
            "error" => {
                self.event = SseEvent { event: "error".into(), data: value.into() };
                self.has_data = true;
            }
            // Comments, ids and retry times mean nothing here: we never reconnect to an upstream by ourselves.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<SseEvent> {
        let mut decoder = Decoder::default();
        chunks.iter().flat_map(|chunk| decoder.push(chunk).expect("readable")).collect()
    }

    fn event(event: &str, data: &str) -> SseEvent {
        SseEvent { event: event.into(), data: data.into() }
    }

    #[test]
    fn reads_what_the_standard_says() {
        let text = "\u{feff}data: a\r\ndata:b\r\r: comment\nevent: x\ndata\n\nevent: lost\n\ndata: cut";
        assert_eq!(read(&[text.as_bytes()]), [event("", "a\nb"), event("x", "")]);
    }

    #[test]
    fn a_field_named_error_is_an_event() {
        assert_eq!(read(&[b"error: {\"code\":500}\n\n"]), [event("error", "{\"code\":500}")]);
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut decoder = Decoder::default();
        let chunk = vec![b'x'; 1024 * 1024];
        let refused = (0..=UPSTREAM_EVENT_BYTES_MAX / chunk.len()).find_map(|_| decoder.push(&chunk).err());
        assert_eq!(refused, Some(BadStream::TooLarge));
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_events(text in "(data: [aé]{0,5}|event: b|:c|\r|\n|\r\n|data){0,20}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let bytes = text.as_bytes();
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let chunks: Vec<_> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&chunks), read(&[bytes]));
        }

    }

    /// Two million streams from pieces that matter and from noise, read whole and in random portions.
    #[test]
    fn millions_of_random_streams_read_the_same_in_any_portions() {
        const STREAMS: usize = 2_000_000;
        const PIECES: [&[u8]; 16] = [
            b"data: ",
            b"data: b\n\n",
            b":",
            b" ",
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b"event: x",
            b"id: 1",
            b"error: {}",
            b"a",
            "é".as_bytes(),
            "\u{1f600}".as_bytes(),
            "\u{feff}".as_bytes(),
            b"\0",
        ];
        let mut random = fastrand::Rng::with_seed(4);
        let mut stream = Vec::new();
        let mut events_read = 0;
        for _ in 0..STREAMS {
            stream.clear();
            let noisy = random.u8(..8) == 0;
            for _ in 0..random.usize(..16) {
                if noisy && random.bool() {
                    stream.push(random.u8(..));
                } else {
                    stream.extend_from_slice(PIECES[random.usize(..PIECES.len())]);
                }
            }
            let whole = Decoder::default().push(&stream);
            let mut decoder = Decoder::default();
            let mut rest = stream.as_slice();
            let mut parts = Ok(Vec::new());
            while let (false, Ok(events)) = (rest.is_empty(), &mut parts) {
                let (chunk, after) = rest.split_at(random.usize(1..=rest.len()));
                rest = after;
                match decoder.push(chunk) {
                    Ok(more) => events.extend(more),
                    Err(error) => parts = Err(error),
                }
            }
            events_read += whole.as_ref().map_or(0, Vec::len);
            assert_eq!(whole, parts, "{:?}", String::from_utf8_lossy(&stream));
        }
        assert!(events_read > STREAMS / 4, "only {events_read} events: the streams are too dull");
    }
}
