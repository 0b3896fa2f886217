//! What a sweep's processes leave for each other: any bytes are rows of the sweep, no rows, or an error.
#![no_main]

use std::path::Path;

use foldspace::sweep::{Identity, Outcome, rows};
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

/// A `sweep.toml` with folds and curves, and one without.
const SWEEPS: [&str; 2] = [
    "foldspace = '0'\nburn = '0'\nname = 'a'\nbackend = 'flex'\nseeds = '3,0..2'\nfolds = 2\ncurves = true\n\
     set = ['train.epochs=2,6']\ncosts = '1,3'\n[config]\n",
    "foldspace = '0'\nburn = '0'\nname = 'a'\nbackend = 'flex, wgpu'\nseeds = '7'\ncurves = false\nset = []\n\
     costs = '1'\n[config]\n",
];

fuzz_target!(|data: &[u8]| {
    let Some((&way, data)) = data.split_first() else {
        return;
    };
    if way % 4 == 3 {
        // Ten million seeds, or combinations, in a few bytes.
        bounded("identity", 2 << 30, 1024, data.len(), || {
            let text = String::from_utf8_lossy(data);
            if let Ok(identity) = Identity::parse(&text, "sweep.toml") {
                assert_eq!(identity.deal().costs.len(), identity.grid().combinations());
            }
        });
        return;
    }
    let text = SWEEPS[usize::from(way / 4) % 2];
    let identity = Identity::parse(text, "sweep.toml").expect("a record");
    let mut file = data.to_vec();
    if way % 4 > 0 {
        file = rows::header(&identity).into_bytes();
        for line in data.split_inclusive(|&byte| byte == b'\n') {
            // Checksums made right, or nothing behind them is ever read.
            let mut parts = line.splitn(3, |&byte| byte == b',');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(run), Some(_), Some(body)) if way % 4 == 1 => {
                    let body = body.strip_suffix(b"\n").unwrap_or(body);
                    let sum = rows::checksum(run, body);
                    file.extend([run, format!(",{sum:08x},").as_bytes(), body, b"\n"].concat());
                }
                _ => file.extend(line),
            }
        }
    }
    bounded("rows", 1 << 20, 64, file.len(), || {
        let read = rows::read(&file[..], Path::new("rows.csv"), &identity, |_, row| {
            assert!(row.run < identity.grid().runs() && row.outcome.has_ended());
            let cells = row.outcome.cells();
            let held_out = row.outcome.is_held_out().to_string();
            let cells = cells.iter().map(String::as_str).chain([held_out.as_str()]);
            let again = Outcome::parse(cells).expect("what was read can be written");
            assert_eq!(format!("{again:?}"), format!("{:?}", row.outcome));
            assert!(rows::epochs(row.curve).count() <= row.curve.len());
            Ok(())
        });
        drop(read);
    });
});
