//! Progress bars on standard error; hidden where that is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `steps`; hidden when asked to be quiet (indicatif hides it by itself where there is no terminal).
pub(super) fn bar(steps: u64, quiet: bool, unit: &str) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps);
    let template = format!("{{bar:32}} {{pos}}/{{len}} {unit}  {{msg}}  [{{elapsed}} < {{eta}}]");
    // The template is a constant but for the unit, so this cannot fail for a user.
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}
