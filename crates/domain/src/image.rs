//! Pictures in a message: their bytes as base64, or an address that the provider fetches.

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Code};
use crate::limits::IMAGE_BYTES_MAX;

/// The kinds of picture that models take (OpenAI's and Anthropic's references name the same four).
pub const MEDIA_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A picture: `url` (`data:` or `https:`), or `media_type` with `data` in base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is, such as `image/png`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its bytes, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// How closely to look, in the provider's own words (OpenAI's `low`, `high`, `auto`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Where a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageSource<'a> {
    /// In the request itself.
    Inline {
        /// What it is.
        media_type: &'a str,
        /// Its bytes, in base64.
        data: &'a str,
    },
    /// Elsewhere; the provider fetches it, this server never does.
    Remote(&'a str),
}

impl Image {
    /// Where it is.
    ///
    /// # Errors
    /// `invalid_request` for what is no picture, `body_too_large` above 5 MB.
    pub fn source(&self) -> Result<ImageSource<'_>, ApiError> {
        let source = match (self.url.as_deref(), self.media_type.as_deref(), self.data.as_deref()) {
            (Some(url), None, None) if url.starts_with("https://") => return Ok(ImageSource::Remote(url)),
            (Some(url), None, None) => inline(url).ok_or_else(|| {
                invalid("Its `url` is neither `data:<media type>;base64,…` nor an `https://` address.")
            })?,
            (None, Some(media_type), Some(data)) => ImageSource::Inline { media_type, data },
            _ => return Err(invalid("It needs either `url`, or `media_type` and `data`.")),
        };
        if let ImageSource::Inline { media_type, data } = source {
            check(media_type, data)?;
        }
        Ok(source)
    }

    /// Its address as OpenAI's wire writes it: a `data:` URL where the bytes are in the request.
    ///
    /// # Errors
    /// As [`Image::source`].
    pub fn as_url(&self) -> Result<String, ApiError> {
        Ok(match self.source()? {
            ImageSource::Remote(url) => url.to_owned(),
            ImageSource::Inline { media_type, data } => format!("data:{media_type};base64,{data}"),
        })
    }
}

fn inline(url: &str) -> Option<ImageSource<'_>> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    Some(ImageSource::Inline { media_type, data })
}

fn check(media_type: &str, data: &str) -> Result<(), ApiError> {
    if !MEDIA_TYPES.contains(&media_type) {
        return Err(invalid(&format!("Its media type is `{media_type}`; taken are {}.", MEDIA_TYPES.join(", "))));
    }
    // Four characters of base64 are three bytes.
    if data.len() / 4 * 3 > IMAGE_BYTES_MAX {
        let megabytes = IMAGE_BYTES_MAX / 1_000_000;
        let error =
            ApiError::new(Code::BodyTooLarge, format!("A picture is larger than {megabytes} MB. Nothing was sent."));
        return Err(error.hint("Make it smaller."));
    }
    let body = data.trim_end_matches('=');
    let padding = data.len() - body.len();
    let is_base64 = body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    if data.is_empty() || !is_base64 || padding > 2 || !data.len().is_multiple_of(4) {
        return Err(invalid("Its data is not base64 (RFC 4648, section 4: with padding, without line breaks)."));
    }
    Ok(())
}

fn invalid(why: &str) -> ApiError {
    ApiError::new(Code::InvalidRequest, format!("A picture cannot be used. {why} Nothing was sent."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Image {
        Image { url: Some(url.into()), ..Image::default() }
    }

    #[test]
    fn both_forms_are_one_picture() {
        let inline = ImageSource::Inline { media_type: "image/png", data: "aGk=" };
        let split = Image { media_type: Some("image/png".into()), data: Some("aGk=".into()), ..Image::default() };
        assert_eq!(at("data:image/png;base64,aGk=").source(), Ok(inline));
        assert_eq!(split.source(), Ok(inline));
        assert_eq!(split.as_url().as_deref(), Ok("data:image/png;base64,aGk="));
        assert_eq!(at("https://example.org/a.png").source(), Ok(ImageSource::Remote("https://example.org/a.png")));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let both = Image { data: Some("aGk=".into()), ..at("https://example.org/a.png") };
        for image in [
            Image::default(),
            both,
            at("http://10.0.0.1/a.png"),
            at("file:///etc/passwd"),
            at("data:text/html;base64,aGk="),
            at("data:image/png;base64,"),
            at("data:image/png;base64,a b="),
        ] {
            assert_eq!(image.source().expect_err("refused").code, Code::InvalidRequest, "{image:?}");
        }
        let large = at(&format!("data:image/png;base64,{}", "A".repeat(IMAGE_BYTES_MAX * 4 / 3 + 8)));
        assert_eq!(large.source().expect_err("too large").code, Code::BodyTooLarge);
    }
}
