//! Which field of a table is the value of which variable.

use std::collections::BTreeMap;

use domain::template;

use super::Table;

/// Suggests a variable for each field, as far as the names say; a field that has none is left out.
#[must_use]
pub fn guess(table: &Table, variables: &[String]) -> Vec<Option<String>> {
    let alike = |name: &str, variable: &str| loose(name) == loose(variable);
    let mut names: Vec<Option<String>> = table
        .names
        .iter()
        .map(|name| {
            let same = variables.iter().find(|variable| *variable == name);
            same.or_else(|| variables.iter().find(|variable| alike(name, variable))).cloned()
        })
        .collect();
    // Of two fields that would do, the one with the very name has it.
    for variable in variables {
        let takes = |place: &usize| names[*place].as_ref() == Some(variable);
        let places: Vec<usize> = (0..names.len()).filter(takes).collect();
        let best = places.iter().copied().find(|place| table.names[*place] == *variable).or(places.first().copied());
        places.into_iter().filter(|place| Some(*place) != best).for_each(|place| names[place] = None);
    }
    let missing: Vec<&String> =
        variables.iter().filter(|variable| !names.contains(&Some((*variable).clone()))).collect();
    let open: Vec<usize> = (0..names.len()).filter(|place| names[*place].is_none()).collect();
    if let ([variable], [place]) = (missing.as_slice(), open.as_slice()) {
        names[*place] = Some((*variable).clone());
    }
    // What no prompt asks for yet may be asked for later.
    for (name, own) in names.iter_mut().zip(&table.names) {
        if name.is_none() && is_variable(own) && !variables.contains(own) {
            *name = Some(own.clone());
        }
    }
    names
}

/// Makes rows of inputs; a field without a variable is left out.
///
/// # Errors
/// A sentence, where two fields are the value of one variable, or none is of any.
pub fn inputs(table: &Table, names: &[Option<String>]) -> Result<Vec<BTreeMap<String, String>>, String> {
    let chosen: Vec<(usize, &String)> =
        names.iter().enumerate().filter_map(|(place, name)| name.as_ref().map(|name| (place, name))).collect();
    if chosen.is_empty() {
        return Err("No field is the value of a variable.".into());
    }
    for (at, (_, name)) in chosen.iter().enumerate() {
        if chosen[..at].iter().any(|(_, known)| known == name) {
            return Err(format!("Two fields are the value of {{{{{name}}}}}. Leave one out."));
        }
    }
    let row = |fields: &Vec<String>| {
        let pairs =
            chosen.iter().map(|(place, name)| ((*name).clone(), fields.get(*place).cloned().unwrap_or_default()));
        pairs.collect()
    };
    Ok(table.rows.iter().map(row).collect())
}

/// Whether a text can be the name of a variable.
fn is_variable(name: &str) -> bool {
    template::variables(&format!("{{{{{name}}}}}")) == [name]
}

/// A name without what people write in different ways.
fn loose(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn guessed(text: &str, variables: &[&str]) -> Vec<Option<String>> {
        let variables: Vec<String> = variables.iter().map(|name| (*name).to_owned()).collect();
        guess(&read(text).expect("a table"), &variables)
    }

    #[test]
    fn names_find_their_variables() {
        let some = |name: &str| Some(name.to_owned());
        for (text, variables, want) in [
            ("mail,topics\n1,2", vec!["mail", "topics"], vec![some("mail"), some("topics")]),
            ("Mail Text,Topics\n1,2", vec!["mail_text", "topics"], vec![some("mail_text"), some("topics")]),
            ("Mail,mail\n1,2", vec!["mail"], vec![some("Mail"), some("mail")]),
            ("anything\n1", vec!["mail"], vec![some("mail")]),
            ("id,body\n1,2", vec!["mail"], vec![some("id"), some("body")]),
            ("a b,,x\n1,2,3", vec![], vec![None, None, some("x")]),
        ] {
            assert_eq!(guessed(text, &variables), want, "{text:?}");
        }
    }

    #[test]
    fn rows_have_what_was_chosen() {
        let table = read("mail,id\nhello,1\nbye,2").expect("a table");
        let rows = inputs(&table, &[Some("text".into()), None]).expect("rows");
        assert_eq!(
            rows,
            [BTreeMap::from([("text".into(), "hello".into())]), BTreeMap::from([("text".into(), "bye".into())])]
        );
        let twice = inputs(&table, &[Some("x".into()), Some("x".into())]).expect_err("two fields");
        assert_eq!(twice, "Two fields are the value of {{x}}. Leave one out.");
        assert!(inputs(&table, &[None, None]).is_err());
    }
}
