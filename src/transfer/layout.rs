//! Layout of a config in a state file: a row, a key and a cell a line, so that a change of one is a small difference.

use super::config::default_salt;
use crate::model::{Catalog, Name, Version};
use crate::statement::definition;
use crate::statement::{CellSpec, CellsSpec, ColumnSpec, CreateConfig, RowSpec, SegmentRef};

/// The statement that makes a config with a version's content. A salt that goes without saying is left out, and the
/// keys are in byte order.
pub(super) fn create_config(catalog: &Catalog, name: &Name, version: &Version) -> String {
    let CreateConfig { description, mut rows, mut columns, .. } =
        definition::create_config(catalog, name, version);
    for (spec, row) in rows.iter_mut().zip(&version.rows) {
        if *row.salt == *default_salt(catalog, name, row.segment) {
            spec.salt = None;
        }
    }
    columns.sort_by(|a, b| a.key.node.cmp(&b.key.node));
    let description = description.map(|told| format!("\n    DESCRIPTION {told}"));
    let keys: Vec<_> = columns.iter().map(|column| key(column, &rows)).collect();
    let rows: Vec<_> = rows.iter().map(|row| format!("\n        {row}")).collect();
    let (description, rows) = (description.unwrap_or_default(), rows.join(","));
    format!("CREATE CONFIG {name}{description}\n    SEGMENTS{rows}\n    {}", keys.join(",\n    "))
}

/// A key and its cells.
fn key(column: &ColumnSpec, rows: &[RowSpec]) -> String {
    let cells: Vec<_> = match &column.cells {
        CellsSpec::Blank => return format!("KEY {column}"),
        CellsSpec::All(cell) => rows.iter().map(|row| (&row.segment, cell)).collect(),
        CellsSpec::Some(cells) => {
            cells.iter().filter_map(|(segment, cell)| Some((segment, cell.as_ref()?))).collect()
        }
    };
    let line = |(segment, cell): &(&SegmentRef, &CellSpec)| {
        let name = segment.node.as_ref().map_or_else(|| "EVERYONE".to_owned(), Name::to_string);
        format!("\n        {name} = {cell}")
    };
    let lines: Vec<_> = cells.iter().map(line).collect();
    format!("KEY {} VALUES ({}\n    )", column.key, lines.join(","))
}
