//! CSV files as people have them. What a file means is known, since it is written here from the numbers it must give.

use std::path::Path;

use faer::Mat;
use foldspace::data::Task;
use foldspace::data::csv::{CsvOptions, parse_with};
use foldspace::data::{DataConfig, Dataset, Missing, Reading, Target};
use proptest::prelude::*;

fn read(bytes: &[u8], options: &str) -> Result<Reading, String> {
    read_for(bytes, options, Task::Auto)
}

fn read_for(bytes: &[u8], options: &str, of_loss: Task) -> Result<Reading, String> {
    let options: CsvOptions = toml::from_str(options).unwrap();
    parse_with(bytes, Path::new("t.csv"), &options, of_loss).map_err(|error| error.to_string())
}

fn refused(text: &str, options: &str) -> String {
    read(text.as_bytes(), options).unwrap_err()
}

/// The data of a text, and its notes in one.
fn taken(text: &str, options: &str) -> (Dataset, String) {
    let reading = read(text.as_bytes(), options).unwrap();
    (reading.data, reading.notes.join("\n"))
}

fn column(set: &Dataset, at: usize) -> Vec<f64> {
    set.features.col(at).iter().copied().collect()
}

fn classes(set: &Dataset) -> (Vec<usize>, Vec<String>) {
    match &set.target {
        Target::Classes { labels, names } => (labels.clone(), names.clone()),
        Target::Values { .. } => panic!("a regression"),
    }
}

/// The same table in every encoding and with every end of line.
#[test]
fn encodings_are_recognised() {
    let text = "Länge,label\n0.5,Äpfel\n-1.25,Süßkirschen\n2,Äpfel\n";
    let plain = read(text.as_bytes(), "").unwrap();
    assert_eq!(plain.notes, [""; 0]);
    assert_eq!(plain.data.feature_names, ["Länge"]);
    assert_eq!(column(&plain.data, 0), [0.5, -1.25, 2.0]);
    assert_eq!(
        classes(&plain.data),
        (vec![1, 0, 1], vec!["Süßkirschen".into(), "Äpfel".into()])
    );

    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    // Of these letters Latin-1 and Windows-1252 have the code points themselves.
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let cr = text.replace('\n', "\r").into_bytes();
    let cases = [
        (marked(b"\xef\xbb\xbf", text.into()), ""),
        (
            marked(b"\xff\xfe", little.clone()),
            "UTF-16 (little-endian)",
        ),
        (marked(b"\xfe\xff", big.clone()), "UTF-16 (big-endian)"),
        (little, "UTF-16 (little-endian)"),
        (big, "UTF-16 (big-endian)"),
        (latin.clone(), "Windows-1252"),
        (cr, "end in CR"),
        (text.replace('\n', "\r\n").into_bytes(), ""),
        (text.trim_end().into(), ""),
    ];
    for (bytes, says) in cases {
        let reading = read(&bytes, "").unwrap();
        assert_eq!(reading.data, plain.data, "{says}");
        assert_eq!(
            reading.notes.len(),
            usize::from(!says.is_empty()),
            "{:?}",
            reading.notes
        );
        assert!(reading.notes.concat().contains(says), "{:?}", reading.notes);
    }
    let named = read(&latin, "encoding = 'iso-8859-1'").unwrap();
    assert_eq!((named.data, named.notes.len()), (plain.data, 0));
}

#[test]
fn encodings_that_are_not_recognised_are_named() {
    // "вид" and "кот" in Windows-1251.
    let cyrillic = b"x,label\n1,\xea\xee\xf2\n2,\xe2\xe8\xe4\n";
    let reading = read(cyrillic, "encoding = 'windows-1251'").unwrap();
    assert_eq!(classes(&reading.data).1, ["вид", "кот"]);
    let guess = read(cyrillic, "").unwrap();
    assert!(
        guess.notes[0].contains("data.encoding"),
        "{:?}",
        guess.notes
    );
    // Shift-JIS, whose bytes Windows-1252 does not define.
    let japanese = b"x,label\n1,\x8d\x81\n2,a\n";
    let error = read(japanese, "").unwrap_err();
    assert!(
        error.starts_with("t.csv:2: the line is not UTF-8") && error.contains("data.encoding"),
        "{error}"
    );
    // Sound UTF-8 with one broken letter is damaged, not Latin-1.
    let broken = "x,label\n1,größer\n2,süß\n3,".as_bytes().to_vec();
    let broken = [broken, b"\xe9t\xc3\xa9\n".to_vec()].concat();
    let error = read(&broken, "").unwrap_err();
    assert!(
        error.starts_with("t.csv:4: the line is not UTF-8"),
        "{error}"
    );
    let error = read(b"x,label\n1,a\n2,b\n", "encoding = 'klingon'").unwrap_err();
    assert!(error.contains("no encoding called klingon"), "{error}");
    let error = read(b"x,label\n1,\xff\n", "encoding = 'utf-8'").unwrap_err();
    assert!(error.contains("not UTF-8 text"), "{error}");
    let error = read(b"x,label\n\x00\x01\x02\x03,1\n", "").unwrap_err();
    assert!(error.contains("neither text nor"), "{error}");
    let error = read(b"\xff\xfe\0\0x\0\0\0", "").unwrap_err();
    assert!(error.contains("UTF-32"), "{error}");
}

#[test]
fn separators_are_recognised() {
    let text = "a,b,label\n1.5,2,red\n-3,4e2,blue; dark\n0,1,red\n";
    let plain = taken(text, "");
    assert_eq!(plain.1, "");
    for (separator, says) in [(";", "`;`"), ("\t", "tabs"), ("|", "`|`")] {
        let other = text.replace("; ", " ").replace(',', separator);
        let (set, notes) = taken(&other, "");
        assert_eq!(set.features, plain.0.features, "{separator}");
        assert!(notes.contains(&format!("separated by {says}")), "{notes}");
        // Excel's own line, which is no header.
        let (set, _) = taken(&format!("sep={separator}\r\n{other}"), "");
        assert_eq!(set.features, plain.0.features, "{separator}");
        let name = if separator == "\t" { "tab" } else { separator };
        let (set, notes) = taken(&other, &format!("separator = '{name}'"));
        assert_eq!(
            (set.features, notes.as_str()),
            (plain.0.features.clone(), "")
        );
    }
    let spaced = "  a    b label\n1.5  2 \"red one\"\n\n -3 4e2   blue\n";
    let (set, notes) = taken(spaced, "");
    assert_eq!(
        (column(&set, 0), column(&set, 1)),
        (vec![1.5, -3.0], vec![2.0, 400.0])
    );
    assert_eq!(classes(&set).1, ["blue", "red one"]);
    assert!(notes.contains("separated by spaces"), "{notes}");
    let error = refused(text, "separator = 'ab'");
    assert!(error.contains("data.separator"), "{error}");
    // The lines' numbers are the file's, whatever stands above the table.
    let error = refused("sep=;\na;label\n1;0\nx;1\n2;1\n", "");
    assert!(
        error.starts_with("t.csv:4, column a: `x` is not a number"),
        "{error}"
    );
    let error = refused("a,label\r1,0\rx,1\r2,1\r", "");
    assert!(error.starts_with("t.csv:3, column a"), "{error}");
}

#[test]
fn names_may_stand_in_a_line_with_a_hash() {
    // numpy.savetxt(path, table, header="x,y,label")
    let (set, notes) = taken("# made by hand\n# x,y,label\n1,2,0\n3,4,1\n", "");
    assert_eq!(set.feature_names, ["x", "y"]);
    assert_eq!(column(&set, 1), [2.0, 4.0]);
    assert!(notes.contains('#'), "{notes}");
    let (set, _) = taken("# a remark\nx,label\n1,0\n3,1\n", "");
    assert_eq!(set.feature_names, ["x"]);
}

#[test]
fn fractions_and_thousands_are_told_apart() {
    let cases = [
        // A decimal comma is one wherever it can't stand between thousands.
        (
            "a;label\n0,825;u\n1,231;v\n",
            vec![0.825, 1.231],
            "decimal commas",
        ),
        (
            "a;label\n12,5;u\n-1,25e3;v\n",
            vec![12.5, -1250.0],
            "decimal commas",
        ),
        (
            "a;label\n1.234.567,5;u\n12.345;v\n",
            vec![1_234_567.5, 12_345.0],
            "decimal commas",
        ),
        (
            "a;label\n1.234.567;u\n12.345;v\n",
            vec![1_234_567.0, 12_345.0],
            "points between thousands",
        ),
        (
            "a,label\n\"332,518\",u\n\"1,203,121\",v\n",
            vec![332_518.0, 1_203_121.0],
            "commas between thousands",
        ),
        (
            "a,label\n\"332,518\",u\n950,v\n",
            vec![332_518.0, 950.0],
            "commas between thousands",
        ),
        (
            "a,label\n\"1,234.5\",u\n-7,v\n",
            vec![1234.5, -7.0],
            "commas between thousands",
        ),
        (
            "a\tlabel\n1,234.5\tu\n2,000\tv\n",
            vec![1234.5, 2000.0],
            "commas between thousands",
        ),
        (
            "a,label\n1 234.5,u\n12\u{202f}345\u{202f}678,v\n",
            vec![1234.5, 12_345_678.0],
            "",
        ),
        (
            "a,label\n1'234.5,u\n12\u{2019}345,v\n",
            vec![1234.5, 12_345.0],
            "",
        ),
        ("a,label\n\u{2212}1.5,u\n+.5,v\n", vec![-1.5, 0.5], ""),
        // A point with three digits behind it is a fraction, unless commas are.
        ("a,label\n1.234,u\n5.678,v\n", vec![1.234, 5.678], ""),
    ];
    for (text, expected, says) in cases {
        let (set, notes) = taken(text, "");
        assert_eq!(column(&set, 0), expected, "{text}");
        assert!(
            notes.contains(says) && (notes.is_empty() || !says.is_empty() || text.contains(';')),
            "{text}: {notes}"
        );
    }
    for (decimal, expected) in [(",", [1.234, 5.678]), (".", [1234.0, 5678.0])] {
        let options = format!("decimal = '{decimal}'");
        assert_eq!(
            column(&taken("a\tlabel\n1,234\tu\n5,678\tv\n", &options).0, 0),
            expected
        );
    }
    let error = refused("a\tlabel\n1,234\tu\n5,678\tv\n", "");
    assert!(
        error.starts_with("t.csv:2: `1,234` may be 1234 or 1.234; set data.decimal"),
        "{error}"
    );
    let error = refused("a;b;label\n0,5;1;u\n0,7;1,234.5;v\n", "");
    assert!(
        error.contains("`1,234.5` has commas between thousands, but `0,5` a decimal comma"),
        "{error}"
    );
    let error = refused("a;b;label\n0,5;1.5;u\n0,7;2;v\n", "");
    assert!(
        error.contains("`1.5`") && error.contains("data.decimal"),
        "{error}"
    );
    let error = refused("a,label\n1,0\n2,1\n", "decimal = ';'");
    assert!(error.contains("data.decimal"), "{error}");
    // Addresses and dates are neither.
    let error = refused("a,ip,label\n1.5,192.168.100.200,u\n2,10.0.0.1,v\n", "");
    assert!(
        error.contains("column ip (`192.168.100.200`) holds text; leave out with data.drop"),
        "{error}"
    );
}

#[test]
fn files_without_a_header_are_recognised() {
    let iris = "5.1,3.5,setosa\n4.9,3.0,setosa\n6.4,3.2,virginica\n";
    let (set, notes) = taken(iris, "");
    assert_eq!(set.feature_names, ["x1", "x2"]);
    assert_eq!(column(&set, 0), [5.1, 4.9, 6.4]);
    assert_eq!(classes(&set).1, ["setosa", "virginica"]);
    assert!(
        notes.contains("the first line is a sample") && notes.contains("data.header"),
        "{notes}"
    );
    // A missing value in the first line is no name.
    let (set, _) = taken("?,3.5,0\n4.9,3.0,1\n6.4,3.2,0\n", "missing = 'mean'");
    assert_eq!(set.samples(), 3);
    let (set, _) = taken("1,5.1,3.5\n0,4.9,3.0\n1,6.4,3.2\n", "target = 'x1'");
    assert_eq!(set.feature_names, ["x2", "x3"]);
    assert_eq!(classes(&set).0, [1, 0, 1]);
    // Whatever it looks like, the configuration decides.
    let (set, notes) = taken(iris, "header = true\ntarget = 'setosa'");
    assert_eq!(
        (set.samples(), set.feature_names.len(), notes.as_str()),
        (2, 2, "")
    );
    let error = refused("a,label\n1,0\n2,1\n", "header = false");
    assert!(error.contains("`a` is not a number"), "{error}");
    // Names that are numbers above numbers, as pandas writes a frame without names, and years above a target's name.
    let (set, _) = taken("0,1,2\n0.5,1.5,0\n2.5,3.5,1\n", "target = '2'");
    assert_eq!(set.feature_names, ["0", "1"]);
    let (set, _) = taken("2019,2020,label\n1,2,0\n3,4,1\n", "");
    assert_eq!(set.feature_names, ["2019", "2020"]);
    let error = refused(
        "5.1,3.5,setosa\n4.9,3.0,setosa\n6.4,3.2,virginica\n",
        "target = 'species'",
    );
    assert!(
        error.contains("no target column species") && error.contains("data.header"),
        "{error}"
    );
}

#[test]
fn row_numbers_and_row_names_are_no_features() {
    let cases = [
        // pandas.DataFrame.to_csv, and read and written again.
        (",x,y,label\n0,.5,1,0\n1,.25,2,1\n2,.75,3,0\n", true),
        (
            "Unnamed: 0,x,y,label\n0,.5,1,0\n1,.25,2,1\n2,.75,3,0\n",
            true,
        ),
        (
            "Unnamed: 0.1,x,y,label\n4,.5,1,0\n7,.25,2,1\n2,.75,3,0\n",
            true,
        ),
        // R: write.csv, and write.table, whose header is one cell short.
        (
            "\"\",\"x\",\"y\",\"label\"\n\"1\",.5,1,0\n\"2\",.25,2,1\n\"3\",.75,3,0\n",
            true,
        ),
        (
            "\"x\" \"y\" \"label\"\n\"1\" .5 1 0\n\"2\" .25 2 1\n\"3\" .75 3 0\n",
            true,
        ),
        (
            "x,y,label\nMazda RX4,.5,1,0\nDatsun 710,.25,2,1\nValiant,.75,3,0\n",
            true,
        ),
        ("rownames,x,y,label\na,.5,1,0\nb,.25,2,1\nc,.75,3,0\n", true),
        // A column whose name says so and that counts the rows.
        ("id,x,y,label\n1,.5,1,0\n2,.25,2,1\n3,.75,3,0\n", true),
        ("Id,x,y,label\n0,.5,1,0\n1,.25,2,1\n2,.75,3,0\n", true),
        // Lines that end in a separator have no further column.
        ("x,y,label,\n.5,1,0,\n.25,2,1,\n.75,3,0,\n", false),
        ("x,y,label\n.5,1,0,\n.25,2,1,\n.75,3,0,\n", false),
    ];
    for (text, said) in cases {
        let (set, notes) = taken(text, "");
        assert_eq!(set.feature_names, ["x", "y"], "{text}");
        assert_eq!(column(&set, 0), [0.5, 0.25, 0.75], "{text}");
        assert_eq!(
            notes.contains("is left out") && notes.contains("data.drop = []"),
            said,
            "{text}: {notes}"
        );
    }
    // What only looks like it stays: other names, other numbers, and where the configuration says so.
    let (set, _) = taken("time,x,label\n0,.5,0\n1,.25,1\n2,.75,0\n", "");
    assert_eq!(set.feature_names, ["time", "x"]);
    let (set, _) = taken("id,x,label\n5,.5,0\n3,.25,1\n9,.75,0\n", "");
    assert_eq!(set.feature_names, ["id", "x"]);
    let (set, notes) = taken(",x,label\n0,.5,0\n1,.25,1\n2,.75,0\n", "drop = []");
    assert_eq!((set.feature_names.len(), notes.as_str()), (2, ""));
    // Without a header too, if there are enough rows to tell.
    let rows: String = (0..6)
        .map(|i| format!("{i},{}.5,{}\n", i * i, i % 2))
        .collect();
    let (set, notes) = taken(&rows, "");
    assert_eq!(set.dimensions(), 1);
    assert!(notes.contains("only counts the rows"), "{notes}");
}

#[test]
fn features_are_chosen_and_dropped_by_name() {
    let text = "a,b,c,label\n1,2,3,0\n4,5,6,1\n";
    let names = |options: &str| taken(text, options).0.feature_names;
    assert_eq!(names("features = ['c', 'a']"), ["c", "a"]);
    assert_eq!(
        column(&taken(text, "features = ['c', 'a']").0, 0),
        [3.0, 6.0]
    );
    assert_eq!(names("drop = ['b']"), ["a", "c"]);
    assert_eq!(names("drop = 'b'"), ["a", "c"]);
    for (options, says) in [
        (
            "features = ['a', 'd']",
            "data.features: there is no column d",
        ),
        (
            "drop = ['bb']",
            "data.drop: there is no column bb; did you mean b?",
        ),
        (
            "features = ['a', 'label']",
            "data.features: label is the target",
        ),
        ("drop = ['label']", "data.drop: label is the target"),
        ("drop = ['a', 'b', 'c']", "no feature beside the target"),
        ("features = ['a', 'a']", "named twice"),
    ] {
        let error = refused(text, options);
        assert!(error.contains(says), "{error}");
    }
}

const HOLES: &str = "a,b,label\n1,10,u\nNA,20,v\n3,,u\n5,40,?\n7,N/A,v\n9,60,v\n";

#[test]
fn missing_values_are_counted_and_named_at_once() {
    let error = refused(HOLES, "");
    assert_eq!(
        error,
        "t.csv: 4 values are missing: a 1 (line 3), b 2 (lines 4, 6), label 1 (line 5); fill it in, or set data.missing = \
         \"drop\" (leaves such samples out) or \"mean\""
    );
    for sign in [
        "", "NA", "N/A", "n/a", "#N/A", "nan", "NaN", "NULL", "null", "None", "?", "-", "--", ".",
        "\\N", "<NA>",
    ] {
        let text = format!("a,label\n1,u\n{sign},v\n3,v\n4,{sign}\n5,u\n");
        let error = refused(&text, "");
        assert!(
            error.contains("2 values are missing: a 1 (line 3), label 1 (line 5)"),
            "{sign}: {error}"
        );
        let (set, notes) = taken(&text, "missing = 'drop'");
        assert_eq!(
            classes(&set),
            (vec![0, 1, 0], vec!["u".into(), "v".into()]),
            "{sign}"
        );
        assert!(
            notes.contains("2 missing values (a 1, label 1): 2 of 5 samples are left out"),
            "{notes}"
        );
    }
    // Words that are no such sign are classes.
    let (set, _) = taken("a,label\n1,none\n2,na\n3,Na\n", "");
    assert_eq!(classes(&set).1, ["Na", "na", "none"]);
}

#[test]
fn missing_values_are_left_out_or_filled_with_means() {
    let drop = read(HOLES.as_bytes(), "missing = 'drop'").unwrap();
    assert_eq!(column(&drop.data, 0), [1.0, 9.0]);
    let filled = read(HOLES.as_bytes(), "missing = 'mean'").unwrap();
    // The sample without a target is left out; a target is never made up.
    assert_eq!(column(&filled.data, 0), [1.0, 5.0, 3.0, 7.0, 9.0]);
    assert_eq!(column(&filled.data, 1), [10.0, 20.0, 30.0, 30.0, 60.0]);
    let error = refused("a,b,label\n1,NA,u\n2,,v\n", "missing = 'mean'");
    assert!(error.contains("every value of b is missing"), "{error}");
    let error = refused("a,b,label\n1,NA,u\n2,,v\n", "missing = 'drop'");
    assert!(error.contains("no sample is left"), "{error}");
}

/// The means are those of the training part alone: what is held out tells nothing.
#[test]
fn means_come_from_the_training_part() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<(Option<f64>, usize)> = (0..40)
        .map(|i| ((i % 5 != 0).then_some(f64::from(i * i)), i as usize % 2))
        .collect();
    let cell = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
    let text: String = rows
        .iter()
        .map(|(x, y)| format!("{},1,{y}\n", cell(*x)))
        .collect();
    std::fs::write(folder.path().join("t.csv"), format!("x,one,label\n{text}")).unwrap();
    let config: DataConfig =
        toml::from_str("path = 't.csv'\nmissing = 'mean'\ntest_fraction = 0.3").unwrap();
    let split = config.load_split(3, folder.path()).unwrap();
    let known: Vec<f64> = split
        .indices
        .train
        .iter()
        .filter_map(|&i| rows[i].0)
        .collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let mut holes = 0;
    for (part, indices) in [
        (&split.train, &split.indices.train),
        (&split.test, &split.indices.test),
    ] {
        for (row, &sample) in indices.iter().enumerate() {
            let here = part.features[(row, 0)];
            match rows[sample].0 {
                Some(x) => assert_eq!(here, x),
                None => {
                    assert!((here - mean).abs() < 1e-10 * mean, "{here} {mean}");
                    holes += 1;
                }
            }
        }
    }
    assert_eq!(holes, 8);
}

#[test]
fn text_columns_are_listed_together_and_can_be_encoded() {
    let text = "city,size,street,label\nBonn,1,A,0\nKiel,2,B,1\nBonn,3,C,0\n";
    let error = refused(text, "");
    assert_eq!(
        error,
        "t.csv: columns city (`Bonn`), street (`A`) hold text; leave out with data.drop = [\"city\", \"street\"], or make \
         a feature of every word with data.encode = [\"city\", \"street\"]"
    );
    let (set, _) = taken(text, "drop = ['street']\nencode = ['city']");
    assert_eq!(set.feature_names, ["city=Bonn", "city=Kiel", "size"]);
    let expected = faer::mat![[1.0, 0.0, 1.0], [0.0, 1.0, 2.0], [1.0, 0.0, 3.0]];
    assert_eq!(set.features, expected);
    // Numbers that are codes, and truths.
    let (set, _) = taken("zone,x,label\n3,1,0\n1,2,1\n3,3,0\n", "encode = 'zone'");
    assert_eq!(set.feature_names, ["zone=1", "zone=3", "x"]);
    let (set, notes) = taken("a,b,label\nTrue,1,0\nFalse,2,1\nTrue,3,0\n", "");
    assert_eq!(column(&set, 0), [1.0, 0.0, 1.0]);
    assert!(notes.contains("true and false are 1 and 0 in a"), "{notes}");
    let many: String = (0..300).map(|i| format!("n{i},{}\n", i % 2)).collect();
    let error = refused(&format!("name,label\n{many}"), "encode = 'name'");
    assert!(
        error.contains("name has more than 200 distinct values"),
        "{error}"
    );
    // Several slips among numbers, once.
    let error = refused("a,label\n1,0\n2,1\nx,0\n3,1\ny,0\n4,1\n", "");
    assert!(
        error.contains("2 cells of a are not finite numbers, the first is `x` (lines 4, 6)"),
        "{error}"
    );
}

#[test]
fn the_loss_says_what_whole_numbers_are() {
    let prices: String = (0..40)
        .map(|i| format!("{i}.5,{}\n", 100_000 + 777 * i))
        .collect();
    let prices = format!("x,price\n{prices}");
    let read = |text: &str, task: &str, loss: Task| {
        read_for(text.as_bytes(), &format!("target = 'price'\n{task}"), loss)
    };
    let Target::Values { values, names } = read(&prices, "", Task::Regression).unwrap().data.target
    else {
        panic!("classes");
    };
    assert_eq!(
        (values[(3, 0)], names),
        (102_331.0, vec!["price".to_owned()])
    );
    assert_eq!(
        read(&prices, "", Task::Classification)
            .unwrap()
            .data
            .class_count(),
        Some(40)
    );
    let forced = read(&prices, "task = 'classification'", Task::Regression).unwrap();
    assert_eq!(forced.data.class_count(), Some(40));
    // Two values are classes to either; other numbers than 0 and 1 are said to be trained as these.
    let signs = "x,price\n1,-1\n2,1\n3,1\n";
    let reading = read(signs, "", Task::Regression).unwrap();
    assert_eq!(
        classes(&reading.data),
        (vec![0, 1, 1], vec!["-1".into(), "1".into()])
    );
    assert!(
        reading.notes[0].contains("-1 and 1") && reading.notes[0].contains("data.task"),
        "{:?}",
        reading.notes
    );
    assert!(
        read(signs, "", Task::Classification)
            .unwrap()
            .notes
            .is_empty()
    );
    assert!(
        read("x,price\n1,0\n2,1\n3,1\n", "", Task::Regression)
            .unwrap()
            .notes
            .is_empty()
    );
}

#[test]
fn one_odd_label_is_named_with_its_line() {
    let with = |odd: &str| {
        let rows: String = (0..60)
            .map(|i| match i {
                41 => format!("{i},{odd}\n"),
                _ => format!("{i},{}\n", i % 3),
            })
            .collect();
        format!("x,label\n{rows}")
    };
    for odd in ["1.0000001", "0.5", "-2.25"] {
        let error = read_for(with(odd).as_bytes(), "", Task::Classification).unwrap_err();
        assert!(
            error.starts_with(&format!(
                "t.csv:43, column label: {odd} is not a whole number"
            )),
            "{error}"
        );
        let reading = read_for(with(odd).as_bytes(), "", Task::Regression).unwrap();
        assert!(
            reading.notes[0].contains(&format!("{odd} in t.csv:43")),
            "{:?}",
            reading.notes
        );
        let forced = read_for(
            with(odd).as_bytes(),
            "task = 'classification'",
            Task::Classification,
        );
        assert_eq!(forced.unwrap().data.class_count(), Some(4));
    }
    // A word among numbers with fractions is a slip, not forty classes.
    let rows: String = (0..40).map(|i| format!("{i},{}.25\n", i)).collect();
    let error = refused(&format!("x,label\n{rows}41,abc\n"), "");
    assert!(
        error.starts_with("t.csv:42, column label: `abc` is not a number"),
        "{error}"
    );
}

/// How a table may be written.
#[derive(Debug, Clone, Copy)]
struct Style {
    comma: bool,
    grouping: bool,
    quoted: bool,
}

/// A number in a style: grouping marks go between groups of three digits of the whole part.
fn written(number: f64, style: Style) -> String {
    let text = number.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (point, mark) = if style.comma { (",", ".") } else { (".", ",") };
    let digits: Vec<char> = whole.chars().collect();
    let mut out = String::from(if number < 0.0 { "-" } else { "" });
    for (at, digit) in digits.iter().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && style.grouping {
            out += mark;
        }
        out.push(*digit);
    }
    if !fraction.is_empty() {
        out += point;
        out += fraction;
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// A table in any style reads as the numbers it was written from, bit for bit.
    #[test]
    fn a_table_reads_the_same_in_every_style(
        rows in prop::collection::vec((-5e6..5e6_f64, -1e-2..1e-2_f64, 0_usize..3), 4..30),
        separator in prop::sample::select(vec![',', ';', '\t', '|']),
        comma: bool, grouping: bool, header: bool, quoted: bool,
    ) {
        let style = Style { comma, grouping, quoted };
        // Cells with the separator in them have to be quoted.
        let cell = |text: String| match style.quoted || text.contains(separator) {
            true => format!("\"{text}\""),
            false => text,
        };
        // Small numbers settle what the decimal sign is.
        let (mut rows, s) = (rows, separator);
        rows[0].1 = 0.0625;
        rows[1].2 = (rows[0].2 + 1) % 3;
        let mut text = if header { format!("length{s}width{s}label\n") } else { String::new() };
        for (a, b, class) in &rows {
            let name = ["ash", "beech", "oak"][*class];
            text += &format!("{}{s}{}{s}{name}\n", cell(written(*a, style)), cell(written(*b, style)));
        }
        let reading = read(text.as_bytes(), "").map_err(TestCaseError::fail)?;
        let expected = Mat::from_fn(rows.len(), 2, |i, j| if j == 0 { rows[i].0 } else { rows[i].1 });
        prop_assert_eq!(&reading.data.features, &expected, "{:?}\n{}", style, text);
        let names = classes(&reading.data);
        for (row, label) in rows.iter().zip(names.0) {
            prop_assert_eq!(&names.1[label], ["ash", "beech", "oak"][row.2]);
        }
        prop_assert_eq!(reading.notes.iter().any(|note| note.contains("decimal commas")), comma);
    }

    /// Whatever the bytes, there is an answer.
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_with(&bytes, Path::new("t.csv"), &CsvOptions::default(), Task::Auto);
    }

    #[test]
    fn any_table_is_answered(text in "([0-9.,;|\t\"#NA?a-c '-]{0,12}\n){0,8}") {
        for missing in [Missing::Error, Missing::Drop, Missing::Mean] {
            let options = CsvOptions { missing, ..CsvOptions::default() };
            if let Ok(reading) = parse_with(text.as_bytes(), Path::new("t.csv"), &options, Task::Classification) {
                prop_assert!(reading.data.validate().is_ok());
            }
        }
    }
}
