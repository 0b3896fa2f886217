//! Tables and checks of the page.

use std::fmt::Write;

use super::words::{markup, short};
use crate::blog::{Check, Relation, Table};

pub(super) fn print_table(html: &mut String, table: &Table) {
    let _ = write!(
        html,
        "<div class=\"scroll\"><table>\n<caption>{}</caption>\n<thead><tr>",
        markup(&table.title)
    );
    for name in &table.header {
        let _ = write!(html, "<th scope=\"col\">{}</th>", markup(name));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td>{}</td>", markup(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
}

pub(super) fn print_checks(html: &mut String, checks: &[Check]) {
    let held = checks.iter().filter(|check| check.pass).count();
    let (class, open) = if held == checks.len() {
        ("pass", "")
    } else {
        ("fail", " open")
    };
    let _ = writeln!(
        html,
        "<details class=\"checks {class}\"{open}><summary>{held} of {} checks hold</summary>",
        checks.len()
    );
    html.push_str(
        "<div class=\"scroll\"><table>\n<thead><tr><th></th>\
         <th scope=\"col\">claim</th><th scope=\"col\">measured</th><th scope=\"col\">expected</th></tr></thead>\n<tbody>\n",
    );
    for check in checks {
        let (class, sign) = if check.pass {
            ("pass", "✓")
        } else {
            ("fail", "✗ failed")
        };
        let relation = match check.relation {
            Relation::Equal => "",
            Relation::AtLeast => "≥ ",
            Relation::AtMost => "≤ ",
        };
        let tolerance = if check.tolerance > 0.0 {
            format!(" ± {}", short(check.tolerance))
        } else {
            String::new()
        };
        let _ = writeln!(
            html,
            "<tr class=\"{class}\"><td>{sign}</td><td>{}</td><td>{}</td><td>{relation}{}{tolerance}</td></tr>",
            markup(&check.statement),
            short(check.measured),
            short(check.expected)
        );
    }
    html.push_str("</tbody></table></div>\n</details>\n");
}
