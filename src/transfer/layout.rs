//! Layout of a config in a state file: a row, a key and a cell a line, so that a change of one is a small difference.

use super::config::default_salt;
use crate::model::{Catalog, Name, Version};
use crate::statement::definition;
use crate::statement::{CellsSpec, CreateConfig};

/// The statement that makes a config with a version's content. A salt that goes without saying is left out, and the
/// keys are in byte order.
pub(super) fn create_config(catalog: &Catalog, name: &Name, version: &Version) -> String {
    let mut config = definition::create_config(catalog, name, version);
    let mut rows = std::mem::take(&mut config.rows);
    let mut columns = std::mem::take(&mut config.columns);
    for (spec, row) in rows.iter_mut().zip(&version.rows) {
        if *row.salt == *default_salt(catalog, name, row.segment) {
            spec.salt = None;
        }
    }
    columns.sort_by(|a, b| a.key.node.cmp(&b.key.node));
    for column in &mut columns {
        if let CellsSpec::All(cell) = &column.cells {
            let cells = rows.iter().map(|row| (row.segment.clone(), Some(cell.clone())));
            column.cells = CellsSpec::Some(cells.collect());
        }
    }
    format!("{:#}", CreateConfig { rows, columns, ..config })
}
