//! The configuration reader: any text is a configuration or an error that names the place, and a configuration that was
//! accepted says the same when it is written out and read again.
#![no_main]

use foldspace::config::Config;
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    bounded("config", 1 << 20, 4096, data.len(), || {
        if let Ok(config) = Config::parse(text, "fuzz.toml", &[]) {
            let resolved = config.resolved().to_toml();
            let again =
                Config::parse(&resolved, "config.toml", &[]).expect("what was written is read");
            assert_eq!(again.resolved().to_toml(), resolved);
        }
    });
});
