//! The style sheet: `style/main.css` and all it imports, in one file.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions};

/// Bundles and minifies. No target browsers are given, so nesting, `light-dark()` and `oklch()`
/// stay as they were written, and so do addresses in `url()`.
pub fn bundle(main: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(main).map_err(|error| {
        let place = error.loc.map_or_else(|| main.display().to_string(), |place| place.to_string());
        anyhow!("{place}: {}", error.kind)
    })?;
    sheet.minify(MinifyOptions::default()).map_err(|error| anyhow!("minifying the style sheet: {error}"))?;
    let options = PrinterOptions { minify: true, ..PrinterOptions::default() };
    let printed = sheet.to_css(options).map_err(|error| anyhow!("printing the style sheet: {error}"))?;
    Ok(printed.code)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn bundled(files: &[(&str, &str)]) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        bundle(&folder.path().join("main.css"))
    }

    #[test]
    fn keeps_layers_nesting_and_addresses() {
        let main = r#"@layer base, components;
            @import "card.css" layer(components);
            @import "base.css" layer(base);"#;
        let card = r#"@font-face { font-family: Body; src: url("/fonts/body.woff2") format("woff2"); }
            .card { color: light-dark(oklch(20% 0 0), white); &:hover { margin: 0 } }"#;
        let base = "body { margin: 0 }";
        let css = bundled(&[("main.css", main), ("card.css", card), ("base.css", base)]).unwrap();
        assert!(css.starts_with("@layer base"), "the order is stated before the first layer: {css}");
        assert!(css.contains("@layer components{"), "{css}");
        assert!(css.contains("url(/fonts/body.woff2)"), "{css}");
        assert!(css.contains("light-dark(oklch("), "{css}");
        assert!(css.contains("&:hover{"), "{css}");
    }

    #[test]
    fn says_where_a_mistake_is() {
        let error = bundled(&[("main.css", "@import \"gone.css\";")]).unwrap_err();
        assert!(error.to_string().contains("main.css"), "{error}");
    }
}
