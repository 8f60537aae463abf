//! Odd tables.

use super::*;

fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let table = read(text).unwrap_or_else(|problem| panic!("{problem} in {text:?}"));
    (table.names, table.rows)
}

fn rows(text: &str) -> Vec<Vec<String>> {
    table(text).1
}

fn problem(text: &str) -> String {
    read(text).expect_err("it cannot be read").to_string()
}

#[test]
fn odd_quoting_is_read_as_it_is_meant() {
    for (text, want) in [
        ("a,b\n1,2\n", ["1", "2"]),
        ("a,b\r\n1,2", ["1", "2"]),
        ("a,b\r1,2\r", ["1", "2"]),
        ("\u{feff}a,b\n1,2", ["1", "2"]),
        ("\"a\",\"b\"\n\"1\",\"2\"", ["1", "2"]),
        ("a,b\n\"say \"\"hi\"\"\",2", ["say \"hi\"", "2"]),
        ("a,b\n\"\"\"\"\"\",\"\"", ["\"\"", ""]),
        ("a,b\n\"two\nlines\",2", ["two\nlines", "2"]),
        ("a,b\n\"two\r\nlines\",2", ["two\r\nlines", "2"]),
        ("a,b\n\"1,5\",2", ["1,5", "2"]),
        ("a,b\n5\" pipe,2", ["5\" pipe", "2"]),
        ("a,b\n  \"1\"  ,2", ["1", "2"]),
        ("a,b\n 1 ,  ", [" 1 ", "  "]),
        ("a,b\n,", ["", ""]),
        ("a,b\n\n1,2\n\n\n", ["1", "2"]),
        ("a;b\n1,5;2,5", ["1,5", "2,5"]),
        ("a\tb\nx;y\t2", ["x;y", "2"]),
        ("a;b\n\"x;y\";2", ["x;y", "2"]),
        ("é,b\nÜmlaut,日本", ["Ümlaut", "日本"]),
    ] {
        assert_eq!(rows(text), [want.map(str::to_owned).to_vec()], "{text:?}");
    }
}

#[test]
fn one_column_needs_no_delimiter() {
    assert_eq!(
        table("mail\nhello there\n\"\"\n\nbye"),
        (vec!["mail".into()], vec![vec!["hello there".into()], vec![String::new()], vec!["bye".into()],])
    );
}

#[test]
fn what_stands_between_fields_is_seen() {
    for (text, form) in [
        ("a,b\n1,2", Form::Separated(b',')),
        ("a;b\n1;2", Form::Separated(b';')),
        ("a\tb\n1\t2", Form::Separated(b'\t')),
        ("only\nx;", Form::Separated(b',')),
        ("a,b;c\n1,5;2\n1;2", Form::Separated(b';')),
        ("{\"a\":1}", Form::JsonLines),
    ] {
        assert_eq!(read(text).expect("a table").form, form, "{text:?}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, want) in [
        ("", "There is nothing in it."),
        (" \n\n", "There is nothing in it."),
        ("a,b\n", "It has a head and no rows under it."),
        ("a,b\n1,2\n1,2,3", "Line 3, column 5: the row has 3 fields, the head has 2 fields."),
        ("a,b\n1", "Line 2, column 1: the row has 1 field, the head has 2 fields."),
        ("a,b\n\"x\ny\",1\n1,2,3", "Line 4, column 5: the row has 3 fields, the head has 2 fields."),
        (
            "a,b\n1,\"2\n3,4",
            "Line 2, column 3: the quote that opens here is never closed. Write a quote inside quotes twice.",
        ),
        ("a,b\né,\"2\"x", "Line 2, column 6: text goes on after the closing quote. Write a quote inside quotes twice."),
        (
            "a,b,a\n1,2,3",
            "Line 1, column 5: the name “a” stands in the head twice. Call one of the two something else.",
        ),
        (",\n1,2", "Line 1, column 1: the head has no names. Write the variables' names into its first line."),
    ] {
        assert_eq!(problem(text), want, "{text:?}");
    }
}

#[test]
fn a_name_may_be_missing_and_blanks_around_names_go() {
    assert_eq!(table(" a , ,c\n1,2,3").0, ["a", "", "c"]);
    assert_eq!(table("a,,\n1,2,3").0, ["a", "", ""]);
}

#[test]
fn a_table_has_its_bounds() {
    let line = "x\n";
    let most = format!("a\n{}", line.repeat(ROWS_MAX));
    assert_eq!(rows(&most).len(), ROWS_MAX);
    assert!(problem(&format!("{most}x")).starts_with("Line 10002, column 1: there are more than 10,000 rows"));
    assert!(problem(&"a".repeat(ROWS_BYTES_MAX + 1)).contains("10 MB"));
    let wide = vec!["n"; FIELDS_MAX + 1].join(",");
    assert!(problem(&format!("{wide}\n{wide}")).contains("more than 100 fields"));
}

#[test]
fn lines_of_json_give_names_in_the_order_in_which_they_come_up() {
    let text = "{\"b\": \"text\", \"a\": 1.0}\n\n{\"a\": null, \"c\": {\"x\": [1, \"a b\\\" c\"]}}\r\n{\"b\": true}";
    let (names, rows) = table(text);
    assert_eq!(names, ["b", "a", "c"]);
    assert_eq!(rows[0], ["text", "1.0", ""]);
    assert_eq!(rows[1], ["", "", "{\"x\":[1,\"a b\\\" c\"]}"]);
    assert_eq!(rows[2], ["true", "", ""]);
}

#[test]
fn a_line_that_is_no_object_is_said_with_its_place() {
    assert!(problem("{\"a\": 1}\n[1]").starts_with("Line 2, column 1: invalid type"));
    let broken = problem("{\"a\": 1}\n{\"é\": ,}");
    assert!(broken.starts_with("Line 2, column 7: expected value"), "{broken}");
    assert!(problem("{\"a\": 1, \"a\": 2}").contains("twice"));
    assert!(problem("{\"a\": 1").starts_with("Line 1, column 7: EOF"));
}

mod written {
    use proptest::prelude::*;

    use super::*;

    fn quoted(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest! {
        /// Whatever is written with quotes is read back to the byte.
        #[test]
        fn what_is_quoted_comes_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a \",;\t\r\né]{0,12}", 3), 1..6),
            delimiter in 0..3_usize,
        ) {
            let delimiter = [",", ";", "\t"][delimiter];
            let line = |fields: &[String]| fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(delimiter);
            let head = ["x", "y", "z"].map(str::to_owned);
            let text = [line(&head)].into_iter().chain(rows.iter().map(|row| line(row))).collect::<Vec<_>>().join("\r\n");
            let table = read(&text).expect("a table");
            prop_assert_eq!(table.names, head);
            prop_assert_eq!(table.rows, rows);
        }

        /// Nothing makes the reader panic.
        #[test]
        fn any_text_is_read_or_refused(text in "[a\",;\t\r\n {}:é]{0,60}") {
            _ = read(&text);
        }
    }
}
