//! The reader of PyTorch's `.pt` files: any bytes, and any pickle in a sound archive, are tensors or an error.
#![no_main]

use std::io::Write;

use foldspace::model::pytorch::parse;
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;
use rawzip::ZipArchiveWriter;

/// A network has at most 10^8 parameters, and a few bytes can describe as many views of one number.
const MOST_VIEWS: usize = 400_000_000;

fuzz_target!(|data: &[u8]| {
    bounded("pt", MOST_VIEWS + (1 << 20), 512, data.len(), || {
        if let Ok(tensors) = parse(data) {
            for array in tensors.values() {
                assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
            }
        }
    });
    let members: [(&str, &[u8]); 3] = [
        ("net/data.pkl", data),
        ("net/data/0", &[0; 96]),
        ("net/data/1", &[0; 8]),
    ];
    let Ok(file) = archive(&members) else {
        return;
    };
    bounded("pickle", MOST_VIEWS + (1 << 20), 512, file.len(), || {
        let _ = parse(&file);
    });
});

fn archive(members: &[(&str, &[u8])]) -> Result<Vec<u8>, rawzip::Error> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, data) in members {
        let (mut member, config) = archive.new_file(*name).start()?;
        let mut writer = config.wrap(&mut member);
        writer.write_all(data)?;
        let (_, sums) = writer.finish()?;
        member.finish(sums)?;
    }
    archive.finish()?;
    Ok(bytes)
}
